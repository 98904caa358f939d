"""The most common words of medical English, L to Z, by count of their lower-case form in the
corpora that install with this platform (PubMed, HPO, ICD-10-CM, Wikipedia). Data only."""

WORDS = """
la label labeled labeling labelled labelling labor laboratories laboratory lack lacking lacrimal
lactate lactation lactic lactose lambda lamina land landscape lang language languages laparoscopic
large largely larger largest larvae larval laryngeal larynx las laser last lasting late latency
latent later lateral laterality latest latter law laws layer layers layperson lead leader leaders
leadership leading leads leaf leak leakage learn learned learning least leave leaves leaving
lectin led left leg legal legs length lengths lens lesion lesions less lesser lethal letter
letters leucine leukaemia leukemia leukocyte leukocytes level levels library lies life lifestyle
lifetime ligament ligaments ligand ligands ligation light lightblue like likelihood likely limb
limbs limit limitation limitations limited limiting limits line lineage linear lines lining link
linkage linked linking links lip lipase lipid lipids lipopolysaccharide lipoprotein liposomes
liquid list listed literacy literature lithium little live lived liver livers lives living load
loaded loading lobe lobes local localization localized locally located location locations loci
lockdown locomotor locus log logistic long longer longitudinal look looking loop los loss losses
lost love low lower lowered lowering lowest lt luciferase lumbar lumbosacral lumen lung lungs
lupus luteinizing lymph lymphatic lymphocyte lymphocytes lymphocytic lymphoid lymphoma lymphomas
lysine lysis lysosomal lysozyme machine machinery macrophage macrophages macula macular made
magazine magnesium magnetic magnitude main mainly maintain maintained maintaining maintenance
maize major majority make makes making malaria male males malformation malformations malignancies
malignancy malignant malnutrition maltreatment mammalian mammals mammary man manage managed
management managing mandible mandibular manganese manifest manifestation manifestations manifested
manipulation manner mannose manual many map mapping maps margin marginal margins marine marked
markedly marker markers market marrow mask masks mass masses massive mast mastoid match matched
matching material materials maternal math mathematical mating matrix matter maturation mature
maturity maxilla maxillary maximal maximum may me meal mean meaning meaningful means measles
measurable measure measured measurement measurements measures measuring meat mechanical mechanics
mechanism mechanisms mechanistic media medial median mediate mediated mediates mediating mediators
medical medication medications medicinal medicine medicines medium medulla medullary meet meeting
melanogaster melanoma melatonin mellitus member members membrane membranes membranous memory men
meningitidis meningitis meningococcal meniscus menstrual mental mentioned mercury mesenchymal
mesenteric met meta metabolic metabolism metabolite metabolites metacarpal metacarpals
metacarpophalangeal metal metals metaphysis metastases metastasis metastatic metatarsal methane
methanol methionine method methodological methodology methods methotrexate methyl methylation
metrics mg mice micro microbes microbial microbiological microbiome microbiota microenvironment
microglia microgram micrometer micron microng microorganisms microplastics microscope microscopic
microscopy microsomal microsomes microtubules microvascular mid middle midline might migraine
migration mild military milk million mimic min mind mineral minerals minimal minimally minimize
minimum mining minor minority minute minutes missed missing mission mitigate mitigation
mitochondria mitochondrial mitotic mitral mixed mixture mixtures ml mm mmol mo mobile mobility
mobilization modalities modality mode model modeling modelling models moderate moderately modern
modes modification modifications modified modify modifying modulate modulated modulating
modulation module moiety mol molar mole molecular molecule molecules monitor monitored monitoring
monkey monkeys monoclonal monocytes monocytogenes mononuclear monotherapy monoxide month monthly
months mood moral morbidity more morning morphine morphologic morphological morphology mortality
most mostly mother mothers motility motion motivation motor motorcycle mouse mouth move moved
movement movements moving much mucosa mucosal mucous mucus mug mulatta multi multicenter
multidisciplinary multifocal multimodal multiple multivariable multivariate murine muscle muscles
muscular musculature musculoskeletal music must mutant mutants mutation mutations my myelin
myeloid myeloma myocardial myocardium myoclonic myoclonus myopathy myosin myositis mythology nail
nails naive naloxone name named namely names nano nanoparticle nanoparticles narrative narrowing
nasa nasal nasopharyngeal nation national nationwide native natural naturally nature nbsp nd near
nearly necessarily necessary necessity neck necrosis necrotic need needed needle needs negative
negatively neglect neither neoadjuvant neonatal neonates neoplasia neoplasm neoplasms neoplastic
neovascularization nephritic nephropathy nerve nerves nervosa nervous net network networks neural
neurocognitive neurodegenerative neurodevelopmental neuroendocrine neurofibromatosis neuroimaging
neurologic neurological neuromuscular neuron neuronal neurons neuropathy neutral neutralizing
neutron neutrophil neutrophils never new newborn newborns newly news next ng nickel nicotine night
nine nipple nitrate nitric nitrogen nitroglycerin nm nmol no nodal node nodes nodular nodule
nodules noise nomogram non none noninvasive nonmotor nonspecific nonthermal nontraffic
nontraumatic nonvenomous nor noradrenaline norepinephrine normal normalized normally norms
northern nose not notable notably note noted notes novel novo now ns nuclear nuclease nuclei
nucleic nucleoside nucleotide nucleotides nucleus null number numbers numerical numerous nurse
nurses nursing nutrient nutrients nutrition nutritional nystagmus obese obesity object objective
objectives objects oblique obophenotype observation observational observations observe observed
obsolete obstetric obstruction obstructive obtain obtained obtaining obvious occasionally
occipital occlusion occupant occupational occur occurred occurrence occurring occurs oclc ocular
odds oedema of off offer offered offers office official offspring often oil old older olfactory on
once oncology one onepage ones ongoing online only onset onto ontology oocyte oocytes opacity open
opening operated operating operation operations operative operator ophthalmic opinion opioid
opioids opportunities opportunity opposed opposite optic optical optimal optimization optimize
optimized optimum option options or oral orally orbit orbital orcid order ordered orders org organ
organelles organic organism organisms organization organizations organized organs orientation
oriented orifice origin original originally originates originating origins orthopaedic orthopedic
osmolality osmotic osseous ossification osteoarthritis osteochondrosis osteomyelitis osteonecrosis
osteoporosis other others otherwise otitis our out outbreak outbreaks outcome outcomes outer
outermost outflow outlined outpatient output outside ovarian ovaries ovary over overall overcome
overdose overexpression overlap overlapping overload overview overweight ovulation owing own
oxalate oxidase oxidation oxidative oxide oxidized oxygen oxygenation oxytocin pacemaker
paediatric page pages paid pain painful pair paired pairs palate palliative palm palmar palpebral
palsy pancreas pancreatic pancreatitis pandemic panel paper papers papillary para paradigm
parallel paralysis parameter parameters parasite parasites parasitic parathyroid parenchyma
parenchymal parent parental parenteral parentid parents parietal parotid pars part partial
partially participant participants participate participated participating participation particle
particles particular particularly particulate partly partner partners parts party pass passage
passed passenger passing passive past patch patches patella patent path pathogen pathogenesis
pathogenic pathogens pathologic pathological pathologies pathology pathophysiological
pathophysiology pathway pathways patient patients pattern patterns pay pdf peak peaks pectoris
pedal pediatric peer peers pelvic pelvis penetration penicillin penis people peptide peptides per
perceived percent percentage percentile perception perceptions perceptual percutaneous perforation
perform performance performances performed performing perfused perfusion perhaps pericardial
perinatal periocular period periodic periodontal periods perioperative peripheral peritoneal
peritonitis permanent permeability permits peroxidase peroxide perpetrator persisted persistence
persistent person personal personality personalized personnel persons perspective perspectives
pesticide pesticides petroleum pg phage phagocytosis phalangeal phalanges phalanx phantom
pharmaceutical pharmacokinetic pharmacokinetics pharmacological pharmacology pharmacy pharynx
phase phases phenobarbital phenomena phenomenon phenotype phenotypes phenotypic phenylalanine
philosophy phone phosphatase phosphate phospholipid phospholipids phosphorus phosphorylase
phosphorylated phosphorylation photo photon photosynthetic php phylogenetic physeal physical
physician physicians physicochemical physics physiologic physiological physiology pick picture
pictures piece pig pigment pigmentation pigmented pigs pilot pineal pinkie pinky pituitary pivotal
place placebo placed placeholder placement placenta placental places plan plane planned planning
plans plant plantar plants plaque plaques plasma plasmid plasmids plastic plasticity plate
platelet platelets plates platform platinum play played players playing plays pleural plexus
plural pluripotent plus pmc pneumonia pneumoniae pneumonitis pneumothorax png point pointed points
polar polarization pole policies policy political pollen pollutants pollution poly polyacrylamide
polychlorinated polyethylene polymer polymerase polymers polymorphism polymorphisms polyp
polypeptide polypeptides polyps polysaccharide polysaccharides pool pooled poor poorer poorly
popliteal popular population populations porcine pore porous portal portion portions pose position
positioning positions positive positively positivity possess possessed possibilities possibility
possible possibly post posterior postnatal postoperative postoperatively postpartum postprocedural
postulated postural posture potassium potency potent potential potentially potentials poultry
power powered powerful pp ppm practical practice practices practitioners pre preceding
precipitation precise precision preclinical precursor precursors predict predicted predicting
prediction predictions predictive predictor predictors predicts predominant predominantly
preference preferences preferred prefrontal pregnancies pregnancy pregnant preliminary premature
prematurity prenatal preoperative preparation preparations prepare prepared prescribed
prescription presence present presentation presentations presented presenting presents
preservation preserve preserved presidential pressure pressures presumably presumed preterm
pretreated pretreatment prevalence prevalent prevent prevented preventing prevention preventive
prevents previous previously price primarily primary primate primates primitive principal
principle principles printed prior priority private pro probability probable probably probe probes
problem problems procedural procedure procedures proceedings process processed processes
processing produce produced produces producing product production productivity products
professional professionals profile profiles profiling profound progesterone prognosis prognostic
program programme programmed programs progress progression progressive progressively
proinflammatory project projection projections projects prolactin prolapse proliferation
proliferative prolonged prominent promise promising promote promoted promoter promotes promoting
promotion prompt prone pronounced proof propensity proper properly properties property
prophylactic prophylaxis proportion proportional proportions propose proposed propranolol
prospective prospectively prostaglandin prostaglandins prostate prostatic prosthesis prosthetic
protease protect protected protection protective protein proteinogenic proteins proteinuria
proteolytic proteomics prothrombin protocol protocols proton prove proved proven provide provided
provider providers provides providing province provinces provision provoked proximal proximity
pseudo psoriasis psychiatric psychoactive psychological psychology psychosis psychosocial
psychotic puberty public publication publications published publisher puerperium pulmonary pulp
pulse pump puncture pupil pure purification purified purine purpose purposes pursuit put putative
px pylori pyramidal pyrene pyrimidine pyruvate quadrant qualitative quality quantification
quantified quantify quantitative quantitatively quantities quantity quantum que question
questionnaire questionnaires questions quickly quite quot quote rabbit rabbits race racial radial
radiation radical radio radioactive radioactivity radiographic radiographs radioimmunoassay
radiologic radiological radiologists radiology radiotherapy radius railway raise raised random
randomised randomized randomly range ranged ranges ranging rank ranked rapid rapidly rare rarely
rat rate rated rates rather rating ratings ratio rational ratios rats raw ray rays rd re
reabsorption reach reached reaching react reacted reacting reaction reactions reactive reactivity
read readily reading readmission reagent reagents real reality reason reasonable reasons recall
receive received receiver receiving recent recently receptive receptor receptors recessive
recipient recipients recognition recognize recognized recombinant recombination recommend
recommendations recommended reconstruction record recorded recording recordings records recovered
recovery recruited recruitment rectal rectum rectus recurrence recurrent red redirect redox reduce
reduced reduces reducing reductase reduction reductions ref refer reference referral referred
refers reflect reflected reflecting reflection reflects reflex reflexes reflux refractory regard
regarded regarding regardless regeneration regenerative regimen regimens region regional regions
registered registration registry regression regular regularly regulate regulated regulates
regulating regulation regulator regulators regulatory regurgitation rehabilitation reinforcement
rejection relapse relate related relating relation relations relationship relationships relative
relatively relatives relaxation release released releasing relevance relevant reliability reliable
relief relies religion religious rely remain remainder remained remaining remains remarkable
remarkably remission remodeling remote removal remove removed renal renin repair repeat repeated
reperfusion repetitive replaced replacement replication report reported reporter reporting reports
represent representation representations representative represented representing represents
reproducibility reproducible reproduction reproductive require required requirement requirements
requires requiring rescue research researchers resection resemble resembling reserve reserved
reservoir resident residential residents residual residue residues resilience resistance resistant
resolution resolved resonance resorption resource resources respect respective respectively
respiration respiratory respond responded respondents responders responding response responses
responsibility responsible responsive responsiveness rest resting restoration restore restored
restricted restriction restrictions result resultant resulted resulting results resuscitation
retained retardation retarded retention reticular reticulum retina retinal retinopathy retrieval
retrieved retrograde retrospective retrospectively return returned revascularization reveal
revealed revealing reveals reversal reverse reversed reversible review reviewed reviews revision
reward rhesus rheumatic rheumatoid rhinitis rhythm rhythms rib ribosomal ribosomes ribs rice rich
rider ridge ridges right rights rigid ring rise rising risk risks river road robot robotic robust
rod role roles room root roots rose rotation rotator rough roughly round route routes routine
routinely rowspan rp rs rule ruled rules rumen run running rupture ruptured rural sac sacral
sacrum safe safety sagittal said saline saliva salivary salt salts same sample samples sampling
sarcoma satellite satisfaction satisfactory saturated saturation saw scaffold scaffolds scale
scales scalp scan scanning scans scapula scar scarce scattering scenario scenarios schedule
scheduled schedules scheme schizophrenia school schools science scientific scientists sclerosis
scoliosis scope score scored scores scoring screen screened screening script scrotum se sea search
searched season seasonal sec second secondary seconds secreted secretion secretions secretory
section sectional sections sector security sedative sediment sedimentation sediments see seed
seeds seek seeking seem seemed seems seen segment segmental segmentation segments segregation
seizure seizures select selected selection selective selectively selectivity self semantic semen
semi seminal senescence sensation sense sensing sensitive sensitivity sensitization sensitized
sensor sensorineural sensors sensory sent separate separated separately separation sepsis septal
septic septum seq sequela sequelae sequence sequences sequencing sequential sera serial series
serine serious serological serotonin serotype serous serum serve served serves service services
serving session sessions set sets setting settings seven several severe severely severity sex
sexes sexual sexually sfn sha shaft sham shape shaped share shared sharing sharp she shear sheath
shed sheep shell shift shifted shifts shock short shortened shortening shorter should shoulder
show showed showing shown shows shunt sickle side sided sides sign signal signaling signalling
signals signature signatures significance significant significantly signs silencing silica silico
silver similar similarities similarity similarly simple simplex simplified simply simulated
simulation simulations simultaneous simultaneously since single sinus sinuses sister site sites
sitting situ situated situation situations six sixth size sized sizes skeletal skeleton skill
skills skin skull sleep slices slight slightly slope slow slower slowly sludge small smaller smear
smears smoke smokers smoking smooth snake so social societies socio sociodemographic socioeconomic
sodium soft software soil soils solar sole solely solid solitary solubility soluble solution
solutions solve solvent solvents somatic somatostatin some sometimes somewhat son song soon sought
sound sounds source sources southern sp space spacecraft spaces span spasm spatial speaking
special specialist specialized species specific specifically specificity specified specimen
specimens spectra spectral spectrometry spectroscopy spectrum speech speed spelling spent sperm
spermatozoa spherical sphincter spike spin spinal spine spite spleen splenic splicing split spoken
spontaneous spontaneously spore spores sport sports sporulation spot spots spp sprain spread
spreading spring sputum squamous square squirrel st stability stabilization stabilized stable
staff stage stages staging stain stained staining standard standardized standards standing starch
start started starting state stated statement states static stationary statistical statistically
statistics stature status stay steady stem stenosis stent step steps sterile sternum steroid
steroids stiffness stigma still stimulant stimulate stimulated stimulating stimulation stimuli
stimulus stomach stone stones stool stop storage stored story strabismus straight strain strains
strand stranded strategies strategy stratification stratified stream strength streptococcal
streptococci streptomycin stress stressed stresses striatum strict stricture striking string
stroke stroma stromal strong stronger strongest strongly structural structure structured
structures student students studied studies study studying style styles sub subacute subarachnoid
subcellular subclavian subcortical subcutaneous subgroup subgroups subject subjected subjective
subjects subluxation submersion submitted subsequent subsequently subset substance substances
substantial substantially substituted substitution substrate substrates subtilis subtype subtypes
subunit subunits success successful successfully successive succinate such sucrose sudden suffered
suffering sufficient sufficiently sugar sugars suggest suggested suggesting suggestive suggests
suicidal suicide suitable sulfate sulfur sulphate sum summarize summarized summary summer sup
superficial superior supernatant superoxide supervision supplement supplementation supplemented
supply support supported supporting supportive supports suppress suppressed suppresses suppressing
suppression suppressor surface surfaces surfactant surgeon surgeons surgeries surgery surgical
surgically surrounded surrounding surveillance survey surveyed surveys survival survive survived
surviving survivors susceptibility susceptible suspected suspension suspensions sustainable
sustained suture sutures svg sweat swelling swimming swine switch switching sympathetic symptom
symptomatic symptoms synaptic syndactyly syndrome syndromes synergistic synonym synostosis
synovial synovitis synovium synthase synthesis synthesize synthesized synthetase synthetic
syphilis system systematic systematically systemic systems systolic table tablets tachycardia tail
tailored take taken takes taking talk talus tandem target targeted targeting targets tarsal task
tasks taste tau tax teaching team teams tear tears technical technique techniques technological
technologies technology teeth telephone television temperature temperatures template temporal
temporary temporomandibular ten tend tended tendency tendon tendons tends tennis tension termed
terminal termination terms territories territory tertiary test tested testes testicular testing
testis testosterone tests tetracycline text texts texture th thalamic thalamus thalassemia than
that the their them themes themselves then theoretical theories theory therapeutic therapeutics
therapies therapy there thereby therefore thermal these they thick thickening thickness thigh thin
things thinking third thirds this thoracic thorax those though thought thoughts thousands threat
threatening three threshold thresholds throat thrombin thrombocytopenia thromboembolism
thrombophlebitis thrombosis through throughout throughput thumb thus thymidine thymus thyroid
thyrotropin thyroxine tibia tibial tick tight time timely times timestamp timing tip tissue
tissues titer titers title to toad tobacco tobramycin today toe toes together tolerance tolerated
tomography tone tongue tonic too took tool tools tooth top topic topical topics torsion total
touch toward towards toxic toxicity toxin trace tracer trachea tracheal track tracking tract
traction tracts trade traditional traditionally traffic train trained training trait traits
trajectories trajectory trans transcription transcriptional transcriptome transcripts transduction
transfer transferase transferred transferrin transform transformation transformed transfusion
transgenic transient transition transitional transitions transl translated translation
translational translocation transmembrane transmission transmitted transmural transplant
transplantation transplanted transport transportation transverse trauma traumatic travel treat
treated treating treatment treatments tree tremor trend trends trial trials tricuspid trigger
triggered triggers triglyceride triglycerides triiodothyronine trimester triphosphate triple
troops tropical truck true trunk trypsin tryptophan tube tuberculosis tuberculous tubes tubular
tubule tubules tumor tumorigenesis tumors tumour tumours tunnel turn turned turnover twelve twice
twin two tympanic type types typical typically typing tyrosine uk ulcer ulceration ulcerative
ulcers ulna ulnar ultimately ultra ultrasonic ultrasonography ultrasound ultrastructural
ultrastructure ultraviolet umbilical un unable unaffected uncertain uncertainty unchanged unclear
uncommon uncomplicated und under underdeveloped underdevelopment underdosing undergo undergoing
undergone underlying understand understanding understood undertaken underwent undetermined uniform
unilateral unintentional unique unit units univariate universal unknown unless unlike unlikely
unnecessary unrelated unspecified unstable until untreated unusual up update updated upon upper
upregulated upregulation upright uptake urban urea ureter ureteral urethra urethral urgent uric
uridine urinary urine url usage use used useful usefulness user username users uses using usual
usually uterine utero uterus utility utilization utilize utilized utilizing vaccinated vaccination
vaccine vaccines vacuoles vagina vaginal valid validate validated validation validity valuable
value values valve valves van variability variable variables variance variant variants variation
variations varied varies variety various vary varying vascular vasculature vasculitis vasopressin
vast vauthors ve vector vectors vehicle vehicles vein veins velocity vena venom venous ventilation
ventral ventricle ventricles ventricular verbal verified verify vermilion version versus vertebra
vertebrae vertebral vertebrate vertebrates vertical very vesicle vesicles vessel vessels
vestibular via viability viable video view viewed views violence viral virtual virtually virulence
virus viruses visceral viscosity visible vision visit visits visual visualization visualized vital
vitamin vitamins vitreous vitro vivo vocal voice vol volatile voltage volume volumes voluntary
volunteers vomiting von vs vulnerability vulnerable vulva wake walk walking wall walls war ward
warm warranted was waste wastewater wasting water watercraft waters wave wavelength waves way ways
we weak weakness weapons wear web website week weekly weeks weight weighted weights well were
western wet what wheat wheeled when where whereas whereby whether which while white who whole whom
whose why wide widely wider widespread width wiki wikitable wikitext wild will window wing winter
with withdrawal within without wk woman women won word words work worked workers working works
world worldwide worse worsening would wound wounds wrist writing written wrote wt www xml xref xsd
year years yeast yellow yes yet yield yielded yielding yields you young younger youth yr zebrafish
zero zinc zone zones zoster
"""
