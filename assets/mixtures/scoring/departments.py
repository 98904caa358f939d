"""From MeSH headings to the department of a hospital that deals with them; a table and a count.

A heading belongs to the first department one of whose stems it contains; a document to the
department that most of its headings name. Drawn by us after the top of the MeSH tree (C diseases,
E procedures, F psychiatry) and the headings of the PubMed files.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

NO_DEPARTMENT = ""
"""Documents whose headings name no department: basic science, history, administration."""

DEPARTMENTS: Mapping[str, str] = {
    "oncology": (
        "neoplasm; carcinoma; sarcoma; lymphoma; melanoma; leukemi; hodgkin; tumor; "
        "antineoplastic; "
        "metastasis; myeloma; adenoma; glioma; neuroblastoma; carcinogen; radiotherapy; "
        "cyclophosphamide; methotrexate; mammary neoplasms; precancerous"
    ),
    "cardiology": (
        "heart; cardi; myocard; coronary; angina; arrhythmia; hypertension; blood pressure; aort; "
        "mitral; atrial fibrillation; tachycardia; hemodynamic; arterioscleros; digoxin; "
        "propranolol; nitroglycerin; pacemaker; vascular diseases; thrombophlebitis"
    ),
    "pulmonology": (
        "lung diseases; lung; pulmonary; asthma; bronch; pneumo; respirat; pleura; emphysema; "
        "tracheal; spirometry; cromolyn"
    ),
    "gastroenterology": (
        "gastr; stomach; intestin; colon; colitis; crohn; liver; hepat; pancrea; bile; biliary; "
        "cholelith; cholecyst; esophag; duoden; rectal; rectum; peptic; diarrhea; jejun; ileum; "
        "ileal; ulcerative; hernia; diverticul; appendic; constipation"
    ),
    "nephrology_urology": (
        "kidney; renal; urinary; urethr; ureter; prostat; nephr; glomerul; dialysis; uremia; "
        "bladder; urolog; penis; penile; proteinuria; testicular diseases; cystitis"
    ),
    "endocrinology": (
        "diabet; insulin; thyroid; thyro; pituitary; adrenal; cushing; endocrin; glucagon; "
        "parathyroid; acromegaly; hypoglyc; hyperglyc; hydrocortisone; growth hormone; obesity; "
        "prolactin; glucose tolerance; addison; goiter"
    ),
    "neurology": (
        "epilep; seizure; brain diseases; cerebrovascular; stroke; parkinson; multiple sclerosis; "
        "migraine; headache; neuralgia; nervous system; neurolog; dementia; electroencephal; "
        "cerebral; polyneuropath; neuropath; spinal cord; myasthenia; brain; hydroceph; meningi; "
        "neuromuscular; paralysis; hemiplegia; brain injur; basal ganglia; movement disorders"
    ),
    "psychiatry": (
        "mental; schizophren; depressive; depression; psychiatr; psycho; anxiety; suicid; "
        "alcoholism; substance-related; bipolar; neurotic; hysteria; personality; lithium; "
        "autis; hallucin; delusion; antidepress; intellectual disability"
    ),
    "infectious_diseases": (
        "infection; sepsis; tuberculosis; malaria; gonorrhea; syphilis; anti-bacterial; "
        "penicillin; "
        "gentamicin; virus diseases; influenza; measles; rubella; meningitis; leprosy; chagas; "
        "trypanosom; schistosom; filaria; parasit; mycos; candidiasis; herpes; amebiasis; "
        "toxoplasm; salmonell; staphylococc; streptococc; communicable; vaccination; vaccine; "
        "cholera; typhoid; brucell; chlamydia; antibiotic; cephalospor; chloramphenicol; rickett"
    ),
    "hematology": (
        "anemia; hemophilia; blood coagulation; thalassemia; thrombocyt; hemoglobin; blood "
        "transfus; "
        "blood group; bone marrow; hematolog; platelet; anticoagulant; purpura; hemolytic; "
        "polycythemia; blood cell; heparin; fibrinogen; sickle cell"
    ),
    "immunology_rheumatology": (
        "arthritis; rheumat; lupus; autoimmun; hypersensitiv; allerg; scleroderma; gout; "
        "immunologic deficiency; hla antigen; graft; anaphyla; dermatomyositis; spondylitis; "
        "immunosuppress; histocompatib; transplantation immunology"
    ),
    "obstetrics_gynecology": (
        "pregnan; labor, obstetric; obstetric; fetal; fetus; uter; ovar; vagin; contracept; "
        "menstruat; menopause; endometri; placenta; cesarean; amnio; infertility; abortion; "
        "gynecolog; cervix; delivery; midwif; breast feeding; postpartum; lactation"
    ),
    "pediatrics": (
        "infant; child, preschool; pediatric; child development; child health; abnormalities; "
        "congenital; adolescent medicine; growth disorders; child abuse; cystic fibrosis; neonat"
    ),
    "dermatology": (
        "skin diseases; dermat; psoria; eczema; acne; pemphig; urticaria; alopecia; keratosis; "
        "vitiligo; prurit; warts; nail diseases; skin; hair; burns"
    ),
    "ophthalmology": (
        "eye; retina; glaucoma; cataract; cornea; conjunctiv; vision; visual acuity; optic nerve; "
        "lens, crystalline; uveitis; ophthalm; strabismus; myopia; blindness; iris; keratitis"
    ),
    "otolaryngology": (
        "ear; ear diseases; otitis; hearing; deafness; laryn; nose; nasal; sinusitis; tonsil; "
        "vertigo; audiometr; pharyn; cochlea; labyrinth; otolog; voice; salivary"
    ),
    "orthopedics": (
        "fracture; bone; joint; orthopedic; knee; hip; spine; spinal; tendon; osteo; scoliosis; "
        "ligament; cartilage; dislocation; muscle; musculoskeletal; femur; tibia; shoulder; foot; "
        "prosthesis; calcification"
    ),
    "dentistry": (
        "dental; tooth; teeth; dentin; periodont; gingiv; mandib; maxill; orthodont; oral "
        "surgical; "
        "jaw; mouth; malocclusion; dentistry; temporomandibular; caries; denture"
    ),
    "surgery_anesthesiology": (
        "surg; anesthe; postoperative; preoperative; wound; suture; intubation; halothane; "
        "transplantation, ; intraoperative; critical care; shock; resuscitation; hemorrhage; "
        "catheterization; amputation"
    ),
    "radiology": (
        "radiograph; tomography; ultrason; radionuclide; angiography; echocardiography; contrast "
        "media; x-ray; magnetic resonance imaging; radiolog; technetium; scintigraph; fluoroscopy"
    ),
    "public_health_nursing": (
        "epidemiolog; public health; occupational; health education; health services; nursing; "
        "delivery of health care; mass screening; mortality; health policy; environmental "
        "exposure; "
        "hospitals; hospital; smoking; socioeconomic; accidents; primary health care; insurance; "
        "long-term care; quality of health care; nutrition; diet; health expenditures"
    ),
}
"""Department -> stems; a stem matches at the beginning of a word, in any case."""

_STEMS = tuple(
    (name, re.compile(r"\b(?:" + "|".join(map(re.escape, listed.split("; "))) + ")"))
    for name, listed in DEPARTMENTS.items()
)
_WEAK = frozenset(
    {"infant", "child, preschool", "infant, newborn", "pregnancy", "radiography", "ear", "brain",
     "postoperative complications", "liver", "kidney", "lung", "skin", "muscles", "heart", "eye",
     "bone and bones", "microsomes, liver", "mitochondria, liver", "insulin", "radioimmunoassay",
     "diet", "cerebral cortex", "mental recall", "brain chemistry", "mitochondria, heart",
     "blood pressure", "muscle contraction", "methotrexate", "propranolol", "hydrocortisone"}
)  # fmt: skip
"""Headings that describe the subjects or the material of a study rather than its field."""


def department_of_heading(heading: str) -> str:
    """Return the department of one heading, or NO_DEPARTMENT."""
    lowered = heading.lower()
    return next((name for name, stems in _STEMS if stems.search(lowered)), NO_DEPARTMENT)


def department_of(headings: Iterable[str]) -> str:
    """Return the department that most headings name; a weak one counts a quarter.

    Ties go to the department that stands first in the table.
    """
    votes: Counter[str] = Counter()
    for heading in headings:
        name = department_of_heading(heading)
        if name:
            votes[name] += 1 if heading.strip().lower() in _WEAK else 4
    # One weak heading alone says nothing about the field.
    if not votes or max(votes.values()) < 4:
        return NO_DEPARTMENT
    order = list(DEPARTMENTS)
    return min(votes, key=lambda name: (-votes[name], order.index(name)))


def headings_of(provenance: str) -> list[str]:
    """Return the MeSH headings in a document's provenance; [] when it has none."""
    mesh = json.loads(provenance).get("mesh", "")
    return [heading for heading in str(mesh).split("; ") if heading]
