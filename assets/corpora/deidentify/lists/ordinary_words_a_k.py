"""The most common words of medical English, A to K, by count of their lower-case form in the
corpora that install with this platform (PubMed, HPO, ICD-10-CM, Wikipedia). Data only."""

WORDS = """
abbr abbreviation abdomen abdominal aberrant aberrations abilities ability ablation able
abnormalities abnormally abolished abortion abortions about above abscess abscesses absence
absolute absorbed absorption abstract abundance abundant abuse academic accelerated acceleration
acceptable acceptance accepted access accessdate accessibility accessible accessory accident
accidental accidents accompanied accompanying accomplished accordance according account accounted
accounting accounts accumulated accumulation accuracy accurate accurately acetabulum acetate
acetyl acetylcholine achieve achieved achievement achieving acid acidic acidosis acids aciduria
acoustic acquired acquisition across act actin acting action actions activate activated activating
activation activator active actively activities activity acts actual actually acuity acute acyl
acylcarnitine adaptation adapted adaptive add added addiction adding addition additional additive
address addressed addressing adenine adenocarcinoma adenoma adenomas adenosine adequate adequately
adherence adhesion adhesions adipose adjacent adjusted adjusting adjustment adjuvant administered
administration administrative admission admissions admitted adnexa adolescence adolescent
adolescents adopted adoption adrenal adrenergic adsorption adult adulthood adults advance advanced
advances advantage advantages adverse advice aerobic aerosol aeruginosa aetiology affect affected
affecting affective affects afferent affinity after again against agar agarose age aged ageing
agency agenesis agent agents ages agglutination aggregate aggregates aggregation aggressive aging
ago agonist agonists agreed agreement agricultural agriculture aid aim aimed aims air aircraft
airway airways al alanine albedo albicans albumin alchemy alcohol alcoholic aldosterone algae
algorithm algorithms alighting align alignment alive alkali alkaline alkanes all allele alleles
allergic allergy alleviate alleviated allocated allocation allow allowed allowing allows almost
alone along alpha alphabet already also alt alter alteration alterations altered altering
alternating alternative although alveolar always ambient ambulatory amine amino aminotransferase
ammonia ammonium amniotic among amongst amount amounts amp amphetamine amphibians amplification
amplitude amputation amygdala amylase amyloid amyloidosis an anaemia anaerobic anaesthesia anal
analgesia analgesic analog analogs analogue analogues analyse analysed analyses analysis
analytical analyze analyzed analyzing anarchism anarchist anastomosis anatomic anatomical anatomy
ancient and androgen anemia anesthesia anesthetic anesthetized aneurysm aneurysms angina
angiogenesis angiographic angiography angiotensin angle angles anhydrase animal animals animation
anion ankle annual annually anomalies anomalous anomaly anorexia another answer antagonist
antagonists antenatal anterior anthracene anthropology anti antibacterial antibiotic antibiotics
antibodies antibody anticancer anticoagulant antidepressant antidepressants antifungal antigen
antigenic antigens antimicrobial antioxidant antisera antiserum antitumor antiviral anus anxiety
anxiolytic any aorta aortic apart apex aphasia apical apnea apoptosis apoptotic app apparatus
apparent apparently appeal appear appearance appeared appearing appears appendicitis appendix
applicability applicable application applications applied applies apply applying approach
approaches appropriate approval approved approximately aquatic aqueous arch architecture archive
archivedate archiveurl arcuate are area areas arginine arise arises arising arm arms army aromatic
around arranged arrangement array arrest arrhythmia arrhythmias arsenic art arterial arteries
arteriography arteriosus arteriovenous artery arthritis arthropathies arthropathy arthroplasty
article articles articular artifacts artificial arts as ascending ascites aseptic asked aspartate
aspect aspects asphalt aspiration aspirin aspx assault assay assayed assays assembled assembly
assess assessed assessing assessment assessments assigned assist assistance assisted associated
association associations assumed assumption asthma asthmatic asymmetric asymmetry asymptomatic at
ataxia atherosclerosis atherosclerotic athletes atom atomic atoms atopic atresia atrial
atrioventricular atrium atrophy atropine attached attachment attack attacks attempt attempted
attempts attending attention attenuated attenuation attitude attitudes attracted attractive
attributable attributed atypical auditory augmentation augmented aura aureus author authorlink
authors autism autistic autoantibodies autoimmune autologous automated automatic automatism
autonomic autonomy autophagy autopsy autosomal availability available average averaged avoid
avoidance avoided aware awareness away axial axilla axillary axis axonal axons az babies baboon
baboons baby back background bacteremia bacteria bacterial bactericidal bacteriophage bacterium
balance balanced balloon band bands bar barrier barriers basal base based baseline basement bases
basic basis battery be beam bearing beat became because become becomes becoming bed been before
began begin beginning begins behavior behavioral behaviors behaviour behavioural behaviours behind
being beliefs believe believed belong belonging below beneficial benefit benefits benign benzo
best beta better between beyond bgcolor bias bicarbonate bicycle big bilateral bile biliary
bilirubin billion binary bind binding binds bio bioactive bioavailability biochar biochemical
biofilm bioinformatics biologic biological biologically biology biomarker biomarkers biomass
biomechanical biomedical biopsies biopsy biosynthesis biosynthetic bipolar birds birth births bis
bite bitumen black bladder blast bleeding blind blinded blindness block blockade blocked blockers
blocking blocks blood bloodstream blot blotting blue board boarding boat bodies body bond bonds
bone bones bony book books border borderline born borne both bottom bound boundary bovine bowel
box boy boys br brain brainstem branch branched branches break breakage breakdown breaks breast
breath breathing breeding bridge brief briefly bring broad bromide bronchial bronchitis bronchus
brought brown buffer build building built bulk bundle bundles burden burning burns bursa bursitis
burst bus business but buttock by bypass cadmium caffeine cage calcaneus calcification
calcifications calcium calculate calculated calculation calculations calf call called callosum
calls calorie calves came camera can canal cancer cancers candidate candidates canine cannabis
cannot canonical canthus capabilities capability capable capacity capillaries capillary capita
capital capsule capture captured car carbohydrate carbohydrates carbon carbonic carboxylic
carcinogen carcinogenesis carcinogenic carcinoid carcinoma carcinomas cardiac cardiomyocytes
cardiomyopathy cardiopulmonary cardiovascular care career careful carefully caregiver caregivers
caries carotid carpal carried carrier carriers carry carrying cartilage cascade case casein cases
caspase cast casts cat catalase catalysis catalyst catalytic catalyzed catalyzes cataract
catecholamine categories categorized category catenin catheter catheterization cation cations cats
cattle caudal causal causative cause caused causes causing cava cavities cavity cell cells
cellular cellulose cement census cent center centered centers central centre centres
centrifugation century cerebellar cerebellum cerebral cerebrospinal cerebrovascular cerebrum
cereus certain certainty cervical cervix cesarean cessation cfm chain chains challenge challenged
challenges challenging chamber chambers chance change changed changes changing channel channels
chapter char character characteristic characteristics characterization characterize characterized
characters charge charged chart check checkpoint cheek chemical chemically chemicals chemistry
chemotherapeutic chemotherapy chest chick chicken chickens child childbirth childhood children
chin chloramphenicol chloride chloroplast choice choices cholecystitis cholesterol choline
cholinergic chorioretinal choroid choroidal chosen chromatin chromatographic chromatography
chromosomal chromosome chromosomes chronic chronically cia cigarette cilia ciliary circ circadian
circuit circular circulating circulation circulatory circumference circumstances cirrhosis cis
cisplatin citation cite cities citrate city civil civilian claims clarify class classes classic
classical classifiable classification classified classify clavicle clear clearance clearly
cleavage cleft climate clinic clinical clinically clinician clinicians clinicopathological clinics
clonal clonic close closed closely closer closure clot cluster clustering clusters cm co
coagulation coastal coated cocaine cochlear code coded codes coding coefficient coefficients
cognition cognitive coherence cohort cohorts coil col cold coli colitis collaboration
collaborative collagen collapse collateral collect collected collecting collection collective
college collision colon colonic colonies colonization colony color colorectal colour colspan
column columns com coma combat combination combinations combine combined combining come comes
comment commercial commercially common commonly communication communities community comorbidities
comorbidity company comparable comparative compare compared comparing comparison comparisons
compartment compartments compatible competence competing competition competitive complaints
complement complementary complete completed completely completion complex complexes complexity
compliance complicated complicating complication complications component components composed
composite composition compositions compound compounds comprehensive compression comprise comprised
comprises comprising computational computed computer computerized con concentrated concentration
concentrations concept conception concepts conceptual concern concerned concerning concerns
conclude concluded conclusion conclusions concomitant concurrent condition conditioned
conditioning conditions conduct conductance conducted conducting conduction conductivity condyle
cone confidence configuration confined confirm confirmation confirmed conflict conformation
conformational confounding congenital congestive conjugate conjugated conjugation conjunction
conjunctiva conjunctival conjunctivitis connected connection connections connective connectivity
conscious consciousness consecutive consensus consequence consequences consequently conservation
conservative conserved consider considerable considerably consideration considerations considered
considering consist consisted consistency consistent consistently consisting consists constant
constants constituents constitute constitutes constitution constraints constriction construct
constructed construction consultation consumed consuming consumption contact contacts contain
contained containing contains contaminants contaminated contamination contemporary content
contents context contexts continue continued continues continuing continuity continuous
continuously contraception contraceptive contraceptives contractile contraction contractions
contracture contralateral contrary contrast contribute contributed contributes contributing
contribution contributions contributor control controlled controlling controls controversial
conventional conversion convert converted converting convolutional cooling coordinated
coordination coping copper copy cord core cornea corneal coronary coronavirus corpus correct
corrected correction correctly correlate correlated correlates correlation correlations
corresponding cortex cortical corticosteroid corticosteroids cortisol cost costs cotton cough
could counseling count counter counterparts counting countries country counts coupled coupling
course courses court covalent covariates cover coverage covered covering cows cranial crease
create created creatine creating creatinine creation creator crew crisis criteria criterion
critical critically crop crops cross crucial crude crus cruzi crystal crystalline crystals cues
cuff cultivation cultural culture cultured cultures cumulative cup curative cure current currently
curvature curve curves cut cutaneous cycle cycles cyclic cycling cyclophosphamide cyst cysteine
cystic cysts cytochrome cytokine cytokines cytometry cytoplasm cytoplasmic cytosol cytotoxic
cytotoxicity daily dairy damage damaged dark data database databases dataset datasets date dates
daughter day days dbrown dc de dead deadurl deal death deaths debate debris decade decades
decarboxylase decay decision decisions decline declined decomposition decrease decreased decreases
decreasing dedicated deep def defect defective defects defense deficiencies deficiency deficient
deficit deficits define defined defining definite definition definitions definitive deformities
deformity degeneration degenerative degradation degraded degree degrees dehydration dehydrogenase
del delay delayed delays deletion delirium deliver delivered delivery delta demand demands
dementia demographic demographics demonstrate demonstrated demonstrates demonstrating
demonstration dendritic dense densities density dental department departments depend depended
dependence dependency dependent depending depends depleted depletion deposit deposited deposition
deposits depressed depression depressive deprivation depth der derivative derivatives derive
derived dermal dermatitis dermis des desc descending describe described describes describing
description descriptive design designated designed designing designs desirable desire desired
despite destroyed destruction detachment detail detailed details detect detectable detected
detecting detection deterioration determinant determinants determination determinations determine
determined determining detrimental develop developed developing development developmental
developments develops deviation deviations device devices dexamethasone di dia diabetes diabetic
diabetics diag diagnose diagnosed diagnoses diagnosing diagnosis diagnostic dialysis diameter
diaphragm diarrhea diastolic did die died diet dietary diets differ differed difference
differences different differential differentially differentiate differentiated differentiating
differentiation differing differs difficult difficulties difficulty diffuse diffusion digestion
digestive digit digital digits dilatation dilated dilation dilution dimension dimensional
dimensions dimer dimethyl dimethylbenz diminished dioxide diphosphate direct directed direction
directions directly director disabilities disability disappearance disappeared disc discharge
discharged discharges discomfort discontinuation discovered discovery discrete discrimination
discuss discussed discusses discussion discussions disease diseases disk dislocation disorder
disorders disparities dispersion displacement display displayed displays disrupted disruption
dissection disseminated dissemination dissociation dissolution dissolved distal distance distances
distant distinct distinction distinctive distinguish distinguished distinguishing distress
distributed distribution distributions disturbance disturbances disturbed disulfide diverse
diversity diverticula diverticulum divided division dl do docking doctors document documented
documents dodecyl does dog dogs doi domain domains domestic dominance dominant dominated done
donor donors dopamine dopaminergic doped dorsal dosage dose doses dosing dots double down
downregulated downregulation downstream dq drainage dramatic dramatically drawn dried drinking
drive driven driver drivers driving drop droplets drought drowning drug drugs dry dual duct ductal
ducts ductus due duodenal duodenum duplication duration during dust dwelling dye dynamic dynamics
dysfunction dysplasia dysregulation dystonia dystrophy each ear earlier earliest early ears easily
easy eating echo echocardiographic echocardiography ecological economic economy ecosystem
ecosystems ectopic edema edge editing edition editor edu education educational effect effective
effectively effectiveness effector effects efficacy efficiency efficient efficiently efflux effort
efforts effusion eg egg eggs eight either ejection el elastic elbow elderly election elective
electric electrical electro electrochemical electrode electrodes electrolyte electrolytes electron
electronic electrons electrophoresis electrophoretic electrophysiological elegans element elements
elevated elevation elicit elicited eligibility eligible eliminate eliminated elimination
elongation elsewhere elucidate elucidated elusive em embedded embolism embolization embryo
embryonic embryos emerged emergence emergency emerging emission emissions emotion emotional
emotions emphasis emphasize emphasized emphysema empirical employed employees employing employment
en enable enabled enables enabling enamel encapsulated encephalitis encephalopathy encoded
encoding encounter encountered encyclopedia end ended endemic endocarditis endocrine endogenous
endometrial endometriosis endoplasmic endoscopic endoscopy endothelial endothelium endotoxin
endovascular endpoint endpoints ends energy engage engaged engagement engineered engineering
enhance enhanced enhancement enhances enhancing enlarged enlargement enough enriched enrichment
enrolled ensure enter entered enteric entering entire entirely entities entity entry envelope
environment environmental environments enzymatic enzyme enzymes eosinophilia eosinophilic epidemic
epidemiological epidemiology epidermal epidermis epidural epigenetic epilepsy epileptic
epilepticus epileptiform epinephrine epiphyseal epiphyses epiphysis episode episodes epithelial
epithelium equal equally equation equations equilibrium equipment equivalent era erosion error
errors eruption erythema erythematosus erythrocyte erythrocytes erythroid es escape esophageal
esophagus especially essential essentially establish established establishing establishment ester
esters estimate estimated estimates estimating estimation estradiol estrogen et etc ethanol ether
ethical ethics ethnic ethnicity ethyl ethylene etiology evaluate evaluated evaluating evaluation
evaluations even event events eventually ever every evidence evidenced evident evoked evolution
evolutionary evolved ex examination examinations examine examined examines examining example
examples exceeded excellent except exception excess excessive exchange excision excitation
excluded excludes excluding exclusion exclusively excreted excretion executive exercise exert
exerted exerts exhibit exhibited exhibiting exhibits exist existed existence existing exists
exogenous exosomes expand expanded expanding expansion expectations expected expenditure
experience experienced experiences experiencing experiment experimental experimentally experiments
expert experts expiratory explain explained explanation exploration exploratory explore explored
exploring explosion exposed exposure exposures express expressed expressing expression expressions
extend extended extending extends extension extensive extensively extensor extent externa external
extinction extra extracellular extract extracted extraction extracts extreme extremely extremities
extremity extrinsic eye eyebrow eyelashes eyelid eyelids eyes fabricated face faces facial
facilitate facilitated facilitates facilitating facilities facility facing fact factor factors
faculty faecalis fail failed failure failures falciparum fall falling fallopian falls false
familial families family far farm farmers fascia fashion fast faster fasting fat fatal fate father
fatigue fatty favor favorable favourable fear feasibility feasible feature features febrile fecal
feces fed federal feed feedback feeding feel feeling feelings feet fell felt female females
femoral femur fermentation ferritin fertility fertilization fetal fetus fetuses fever few fewer
fiber fibers fibre fibres fibrillation fibrils fibrin fibrinogen fibroblast fibroblasts fibrosis
fibrous fibula field fields fifth figure figures filaments filled filling film films filter
filtration final financial find finding findings fine finger fingers fire first fish fissure
fistula fistulas fit fitness fitting five fixation fixed flag flap flat flexibility flexible
flexion flexor flies flight floor flora flow fluctuations fluid fluids fluorescence fluorescent
fluoride flux foam focal foci focus focused focuses focusing foetal folate fold folds follicle
follicles follicular follow followed following follows food foods foot for foramen force forced
forces forearm forehead foreign forensic forest form formal format formation formed former forming
forms formula formulation formulations forward fossa found foundation four fourth fraction
fractional fractionation fractions fracture fractures fragment fragments frailty frame framework
frameworks free freedom freeze frequencies frequency frequent frequently fresh freshwater friendly
frog from front frontal frozen fructose fruit ft fuel full fully function functional functionally
functioning functions fundamental funding fundus fungal fungi further fused fusion future gain
gained gait galactose galactosidase gallbladder game gamma ganglia ganglion gangrene gap gaps gas
gases gastric gastrin gastritis gastroenteritis gastrointestinal gave gaze gel gels gender gene
genera general generalized generally generate generated generating generation generations genes
genetic genetically genetics genital genitalia genitourinary genome genomes genomic genotype
genotypes gentamicin genus geographic geographical geometry geriatric germ germinal germination
gestation gestational get giant girdle girl girls github give given gives giving gland glands
glass glaucoma glial glioma global globally globe globulin glomerular glomerulonephritis glucagon
glucose glutamate glutamic glutamine glutaraldehyde glutathione glycerol glycine glycogen glycol
glycolysis glycoprotein glycoproteins glycosylation go goal goals god gold gonadal gonadotropin
gonococcal gonococci gonorrhea gonorrhoeae good google gout gov government grade graded gradient
gradients gradual gradually graft grafting grafts grain gram granular granules granulocyte
granuloma granulomatous graph graphene gray grc great greater greatest greatly green grew grey
gross ground group grouped groups grow growing grown growth gt guidance guide guided guideline
guidelines guinea gun gut habitat habits had haemoglobin haemorrhage hair half hallux hamster hand
handling hands hard harm harmful harv harvnb has have having hazard hazards he head headache
healing health healthcare healthy hearing heart hearts heat heating heavily heavy heel height held
helix help helped helpful helps hemangioma hematological hematoma hematopoietic heme hemisphere
hemodialysis hemodynamic hemoglobin hemolytic hemorrhage hemorrhagic hence heparin hepatic
hepatitis hepatocellular hepatocytes her hereditary hernia herpes heterogeneity heterogeneous
heterozygous hierarchical high higher highest highlight highlighted highlighting highlights highly
him himself hip hippocampal hippocampus hips his histamine histidine histochemical histologic
histological histologically histology histone histopathological historical history hoc hold hole
home homeostasis homes homogenates homogeneous homologous homozygous hope horizontal hormonal
hormone hormones horn hospital hospitalization hospitalizations hospitalized hospitals host hosts
hot hour hours house household how hposlim hsa htm html http https hub human humans humeral
humerus humidity humoral hundred hybrid hybridization hydrocarbon hydrocarbons hydrocephalus
hydrochloride hydrogel hydrogen hydrolysis hydrophobic hydroxy hydroxylase hygiene hyperactivity
hyperalimentation hyperglycemia hyperplasia hypersensitivity hypertension hypertensive
hypertrophic hypertrophy hypnotic hypoglycemia hypoplasia hypotension hypothalamic hypothalamus
hypothermia hypotheses hypothesis hypothesized hypothyroidism hypoxia hypoxic hysterectomy ice id
idea ideal ideas identical identification identified identifies identify identifying identity
idiopathic if ileum iliac ill illness illnesses illustrate illustrated image images imaging
imbalance immature immediate immediately immobilization immune immunity immunization immunized
immunodeficiency immunodiffusion immunofluorescence immunoglobulin immunoglobulins
immunohistochemistry immunologic immunological immunoprecipitation immunoreactive
immunosuppressive immunotherapy impact impacted impacts impaired impairment impairments implant
implantation implanted implants implement implementation implemented implementing implicated
implications implies importance important importantly improve improved improvement improvements
improves improving in inability inactivated inactivation inactive inadequate inappropriate
incidence incident incidents incision incisor incisors include included includes including
inclusion inclusions income incompatibility incomplete inconsistent incontinence incorporated
incorporating incorporation increase increased increases increasing increasingly incubated
incubation independence independent independently index indicate indicated indicates indicating
indication indications indicative indicator indicators indices indirect indirectly individual
individually individuals indomethacin induce induced induces inducible inducing induction
industrial industry ineffective infancy infant infantile infants infarct infarction infected
infection infections infectious infective inference inferior infertility infiltration inflammasome
inflammation inflammatory influence influenced influences influencing influenza inform information
informed infrared infused infusion infusions ingestion inguinal inhalation inherent inheritance
inherited inhibit inhibited inhibiting inhibition inhibitor inhibitors inhibitory inhibits initial
initially initiate initiated initiating initiation injected injection injections injured injuries
injury innate inner innermost innervation innovative inoculated inoculation inorganic inpatient
input inputs insect insects insensitive inserted insertion inside insight insights insoluble
insomnia inspired instability instance instances instead institution institutional institutions
instruction instrument instruments insufficiency insufficient insulin insurance intact intake
integral integrated integrating integration integrity intellectual intelligence intended intense
intensity intensive intent intention intentional inter interact interacting interaction
interactions intercellular interest interesting interests interface interfere interference
interferon interleukin interlobular intermediate intermediates intermittent internal international
interpersonal interphalangeal interplay interpretation interpreted interquartile interstitial
interval intervals intervention interventional interventions intervertebral interview interviews
intestinal intestine intima intimal into intolerance intoxication intra intracellular
intracerebral intracranial intractable intraepithelial intrahepatic intramuscular intraocular
intraoperative intraperitoneal intrauterine intravascular intravenous intravenously
intraventricular intrinsic introduce introduced introduction intubation invasion invasive inverse
inversely inversion investigate investigated investigating investigation investigations
involuntary involve involved involvement involves involving iodine ion ionic ions ipsilateral iris
iron irradiated irradiation irregular irrespective irreversible is isbn ischaemic ischemia
ischemic island islet islets isoelectric isolate isolated isolates isolation isotope issue issues
it item items its itself jaundice jaw job joined joint joints journal journals jpg judged judgment
jugular junction junctions just juvenile kappa keep kept keratitis ketoacidosis key kg kidney
kidneys killed killer killing kinase kind kinds kinetic kinetics km knee knockdown knockout know
knowledge known
"""
