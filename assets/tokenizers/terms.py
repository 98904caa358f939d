"""Rare terms whose splits are reported: drug names, diagnoses and doses.

Chosen by us from public names: INN (WHO), titles of ICD-10-CM (public domain), doses as written.
"""

from __future__ import annotations

_DRUG_NAMES = """
abacavir abatacept abciximab abiraterone acarbose acetazolamide aciclovir adalimumab adenosine
albendazole alemtuzumab alendronic alprazolam alteplase amikacin amiodarone amitriptyline
amlodipine amoxicillin amphotericin anastrozole apixaban aprepitant aripiprazole atazanavir
atenolol atorvastatin atracurium azacitidine azathioprine azithromycin baclofen bedaquiline
bendamustine benzathine bevacizumab bicalutamide bisoprolol bleomycin bortezomib brentuximab
budesonide buprenorphine bupropion cabergoline capecitabine captopril carbamazepine carboplatin
carvedilol caspofungin cefazolin cefotaxime ceftazidime ceftriaxone celecoxib cetuximab
chlorambucil chloroquine chlorpromazine ciclosporin cinacalcet ciprofloxacin cisplatin
citalopram clarithromycin clindamycin clofazimine clonazepam clonidine clopidogrel clotrimazole
clozapine colchicine colistin cyclophosphamide cytarabine dabigatran dacarbazine daptomycin
darbepoetin dasatinib deferasirox denosumab desmopressin dexamethasone dexmedetomidine diazepam
diclofenac digoxin diltiazem docetaxel dolutegravir domperidone donepezil doxorubicin
doxycycline dulaglutide duloxetine edoxaban efavirenz empagliflozin emtricitabine enalapril
enoxaparin entecavir eplerenone epoetin ertapenem erythromycin escitalopram esomeprazole
etanercept ethambutol etoposide everolimus exenatide ezetimibe febuxostat fentanyl filgrastim
finasteride fluconazole fludarabine fluoxetine fluticasone fosfomycin fulvestrant furosemide
gabapentin ganciclovir gemcitabine gentamicin glibenclamide gliclazide haloperidol
hydrochlorothiazide hydroxychloroquine ibrutinib idarubicin ifosfamide imatinib imipenem
infliximab ipilimumab irinotecan isavuconazole isoniazid itraconazole ivabradine ivermectin
ketamine lamotrigine lansoprazole lenalidomide letrozole levetiracetam levofloxacin
levothyroxine linezolid liraglutide losartan mebendazole meropenem mesalazine metformin
methotrexate methylprednisolone metoclopramide metronidazole micafungin mirtazapine
mycophenolic natalizumab nivolumab olanzapine omalizumab ondansetron oseltamivir oxaliplatin
paclitaxel pembrolizumab pemetrexed piperacillin posaconazole prednisolone pregabalin
quetiapine raltegravir remdesivir rifampicin risperidone rituximab rivaroxaban rosuvastatin
semaglutide tacrolimus trastuzumab vancomycin voriconazole
"""

DRUGS = tuple(_DRUG_NAMES.split())

DIAGNOSES = (
    "cholangiocarcinoma",
    "hepatosplenomegaly",
    "pheochromocytoma",
    "glomerulonephritis",
    "hyperbilirubinemia",
    "thrombocytopenic purpura",
    "electroencephalogram",
    "lymphangioleiomyomatosis",
    "Pseudomonas aeruginosa",
    "Wolff-Parkinson-White syndrome",
    "Acute myocardial infarction",
    "Subarachnoid hemorrhage",
    "Chronic obstructive pulmonary disease",
    "Idiopathic pulmonary fibrosis",
    "Systemic lupus erythematosus",
    "Ankylosing spondylitis",
    "Type 2 diabetes mellitus with ketoacidosis",
    "Diffuse large B-cell lymphoma",
    "Polycythemia vera",
    "Paroxysmal nocturnal hemoglobinuria",
    "Henoch-Schonlein purpura",
    "Primary biliary cholangitis",
    "Hirschsprung's disease",
    "Guillain-Barre syndrome",
    "Myasthenia gravis",
    "Progressive supranuclear ophthalmoplegia",
    "Retinopathy of prematurity",
    "Toxoplasma chorioretinitis",
    "Erythema multiforme",
    "Staphylococcal scalded skin syndrome",
    "Pre-eclampsia",
    "Placenta previa",
    "Tetralogy of Fallot",
    "Necrotizing enterocolitis of newborn",
    "Schistosomiasis",
    "Visceral leishmaniasis",
)

DOSES = (
    "0.25 mg/kg q8h",
    "500 mg PO BID",
    "1,000 mL 0.9% NaCl IV",
    "5 mcg/kg/min",
    "10 mg/5 mL",
    "2 x 10^6 CFU/mL",
    "40 IU SC nightly",
    "0.5-1 g IV q6h",
    "75 mg/m2 on day 1",
    "HbA1c 7.2% (55 mmol/mol)",
    "SpO2 < 92%",
    "INR 2.0-3.0",
    "39.2 \u00b0C",
    "120/80 mmHg",
    "eGFR 45 mL/min/1.73 m2",
    "\u2265 18 years",
)

KINDS = {"drug names": DRUGS, "diagnoses": DIAGNOSES, "doses": DOSES}

EXAMPLES = (
    *DIAGNOSES[:10],
    "azathioprine",
    "methylprednisolone",
    "pembrolizumab",
    "hydroxychloroquine",
    "levetiracetam",
    *DOSES[:2],
    *DOSES[8:10],
)
"""Terms shown piece by piece in the report."""
