"""Names of persons that are terms of medicine, genetics or statistics, and the nouns they go with.

Own list. A name here is masked only where something else says that it is a person. Data only.
"""

EPONYMS = """
addison adie albright alport alzheimer apgar arnold asperger babinski baker bartholin bartter
barrett barre basedow becker behcet bell bence bennett berger bland billroth bonferroni bowen
bowman braden bradford broca brodie brudzinski bruce brugada budd burkitt burnett castleman
charcot chediak cheyne child chiari chvostek coats cochrane cockcroft cohen coombs cooley cori cox
crohn cronbach cushing dandy delong devic dice doppler down downs dressler dubin duchenne dukes
dunn dupuytren ebstein edwards ehlers eisenmenger ewing fabry fallot fanconi felty fisher fitz
foley fontan fowler fourier frank friedreich friedman gaucher gilbert glasgow gleason goodpasture
gomori graham graves grocott guillain hageman hardy harris hashimoto harvey haversian heimlich
henle henoch heberden hermansky hirschsprung hodgkin holm holter horner howell hunter huntington
hurler hurst jacob jakob jarvik johnson jones kaplan kaposi kartagener kawasaki kayser kegel
kernig kienbock kimmelstiel kleihauer klinefelter kocher korsakoff korotkoff koch kruskal kupffer
lachman langerhans langhans leigh leopold leriche lesch levene leydig lewy lhermitte likert littre
louis ludwig lyme lynch mallory mann marfan marshall martin maslach maxwell mcburney mcnemar
meckel mendel meniere menkes merkel meier meyer milroy monte morton moro munchausen murphy newton
niemann nissen noonan norton osler paget pancoast parkinson pearson peyer peyronie phalen pick
pierre pott potter prader purkinje queckenstedt ramsay rathke raynaud reed reiter rett reye riedel
rinne ringer romberg rorschach roth rotor roux rovsing sachs salter scheffe schilling schirmer
schwann seldinger sengstaken shapiro shapley sipple sjogren snellen spearman spitz starling stein
sternberg steven stevens stokes sturge student swan sweet sydenham syme takayasu tanner tay thomas
tinel tourette trendelenburg trousseau tukey turner valsalva vater venn virchow wald wallis
waldenstrom wallenberg warthin weber wegener weibull welch wells wenckebach wernicke west wharton
whipple whitney wilcoxon wilk willebrand willi wilms wilson wolff wright wright yates youden
zenker ziehl zollinger abel ada ali ana ann apo ara asa ava bev bea cal cam cia dan del don eda
ela eva fae gay ivy jak kit leu lyn mac mai mam mel met mia moe nan nia noe oma ora pam pat pia
ray reg rho roy sal sam san sol sue tam tia tom ula una val van vi wan wes yan zoe
"""

HEADS = """
disease syndrome sign test palsy phenomenon reflex score scale criteria classification grade stage
lymphoma sarcoma tumor tumour node nodes ring tube catheter clamp procedure operation maneuver
manoeuvre law model equation formula index coefficient correlation regression body bodies cell cells
chorea dementia disorder anemia anaemia contracture fracture hernia space pouch duct gland glands
stain staining staging coma ulcer esophagus oesophagus nephropathy thyroiditis neuralgia ataxia
dystrophy encephalopathy anomaly malformation tetralogy arthropathy hazard hazards hazardous exact
rank sum plot plots curve curves estimate estimates likelihood effect factor distribution method
antigen ratio ligament fascia loop capsule muscle triad law agar medium lactate solution monitor
"""
