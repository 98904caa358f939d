"""Notes as templates: <<kind>> is what makers.py makes, the rest is text that nobody may mask.

Each format has some variants; a note takes one and some sentences of the pools below.
"""

from __future__ import annotations

DISCHARGE = (
    """DISCHARGE SUMMARY

Patient: <<patient>>
Date of birth: <<birth>>
Medical record number: <<mrn>>
Admitted: <<date>>    Discharged: <<date>>
Attending physician: Dr. <<doctor>>

History of present illness
Mr. <<family>> is a <<age>>-year-old man from <<town>>, <<state>> with hypertension who was seen \
by Dr. <<doctor_family>> on <<date>> for chest pain. His wife <<other_given>> called <<phone>>. \
He lives at <<street>>, <<town>>, <<state>> <<zip>>.
<<sentences>>

Hospital course
<<given>> was treated with aspirin 81 mg daily. <<family>> tolerated this well. <<negatives>>

Insurance: policy number <<plan>>. Hospital account no. <<account>>.
Electronically signed by <<doctor>>, MD on <<date>>
""",
    """Name: <<last_first>>
DOB: <<birth>>
MRN: <<mrn>>
SSN: <<ssn>>
Address: <<street>>, <<town>>, <<state>> <<zip>>
Tel: <<phone>>

The patient, <<patient_initial>>, is a <<old_age>> woman admitted on <<date>> after a fall. \
<<sentences>> She was discharged home on <<date>> in stable condition. <<negatives>>
Her daughter <<other_given>> can be reached at <<phone>> or <<email>>.

Dictated by: <<doctor>>, DO
cc: Dr. <<doctor>>
""",
)
SOAP = (
    """<<date>> Clinic visit. MRN <<mrn>>
S: Ms. <<family>> reports a cough since <<month_day_phrase>>. <<sentences>>
O: BP 132/84, HR 92, T 98.6, SpO2 97% on room air. <<negatives>>
A: Community acquired pneumonia, improving. Crohn's disease, quiet.
P: Amoxicillin 500 mg three times a day for 7 days. Call <<phone>> if worse. Follow up on \
<<date>> with Dr. <<doctor_family>>.
<<doctor>>, NP
""",
    """Progress note. Patient name: <<patient>>. Seen <<date>>.
S: <<given>> feels better. Lives alone in <<town>>. <<sentences>>
O: Weight 81 kg, lungs clear, strength 5/5. <<negatives>>
A/P: Continue metformin 1000 mg twice a day. Next visit <<date>>. Contact: <<other_given>> \
<<family>>, <<phone>>.
Signed: <<doctor>> RN
""",
)
LAB = (
    """LABORATORY REPORT
Patient: <<last_first>>    MRN: <<mrn>>    DOB: <<birth>>
Collected: <<date>>    Accession: <<other>>
Ordering provider: <<doctor>>

Test            Result   Units     Reference
Hemoglobin      13.<<n>>     g/dL      12.0-16.0
Platelets       250      10^9/L    150-400
Sodium          140      mmol/L    136-145
Glucose         98       mg/dL     70-100
TSH             2.41     mIU/L     0.40-4.00

Specimen <<other>> received <<date>>. Analyser serial number <<device>>. <<negatives>>
Results called to Dr. <<doctor_family>>, fax <<fax>>.
""",
    """| name | dob | mrn | phone |
| --- | --- | --- | --- |
| <<patient>> | <<birth>> | <<mrn>> | <<phone>> |

| test | result | range |
| --- | --- | --- |
| WBC | 7.2 | 4.0-11.0 |
| CRP | 95 | 0-5 |

Reported <<date>> by <<doctor>>, MD. Result page: <<url>> <<negatives>>
""",
)
HL7 = (
    """MSH|^~\\&|LAB|WEX|EHR|WEX|<<hl7_time>>||ORU^R01|4411|P|2.5.1
PID|1||<<mrn_plain>>^^^WEX^MR||<<family>>^<<given>>^||<<hl7_birth>>|F|||<<street_plain>>^^<<town>>^<<state>>^<<zip>>||<<phone_plain>>|||||<<account_plain>>|<<ssn>>
NK1|1|<<family>>^<<other_given>>|SPO||<<phone_plain>>
PV1|1|I|2000^2012^01||||<<order>>^<<doctor_family>>^<<other_given>>
OBR|1|<<order>>|<<order>>|1554-5^GLUCOSE|||<<hl7_time>>
OBX|1|SN|1554-5^GLUCOSE||^182|mg/dl|70-105|H|||F
""",
)
FHIR = (
    """{"resourceType": "Patient", "id": "<<uuid>>",
 "identifier": [{"system": "http://hl7.org/fhir/sid/us-ssn", "value": "<<ssn_plain>>"}],
 "name": [{"use": "official", "family": "<<family>>", "given": ["<<given>>", "<<other_given>>"]}],
 "telecom": [{"system": "phone", "value": "<<phone>>"}, {"system": "email", "value": "<<email>>"}],
 "gender": "female", "birthDate": "<<iso_birth>>",
 "address": [{"line": ["<<street>>"], "city": "<<town>>", "state": "<<state>>", "postalCode": \
"<<zip>>"}],
 "photo": [{"contentType": "image/jpeg", "url": "<<photo>>"}],
 "generalPractitioner": [{"display": "Dr. <<doctor>>"}]}
""",
    """{"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"},
 "subject": {"display": "<<patient>>"}, "period": {"start": "<<iso_birth>>"},
 "participant": [{"individual": {"display": "<<doctor>>"}}],
 "note": "<<sentences>> <<negatives>>"}
""",
)
CSV = (
    """patient_name,date_of_birth,mrn,phone,city,diagnosis,glucose
<<patient>>,<<iso_birth>>,<<mrn_plain>>,<<phone>>,<<town>>,E11.9,182
<<doctor>>,<<iso_birth>>,<<mrn_plain>>,<<phone>>,<<town>>,I10,98
<<doctor>>,<<iso_birth>>,<<mrn_plain>>,<<phone>>,<<town>>,J45.909,101
""",
    """Last name;First name;DOB;SSN;Email;Plan
<<family>>;<<given>>;<<iso_birth>>;<<ssn>>;<<email>>;PPO
<<doctor_family>>;<<other_given>>;<<iso_birth>>;<<ssn>>;<<email>>;HMO
""",
)
LETTER = (
    """Wexmoor Heart Associates
<<street>>
<<town>>, <<state>> <<zip>>
Phone: <<phone>>   Fax: <<fax>>

<<date>>

Re: <<patient>>, DOB <<birth>>

Dear Dr. <<doctor_family>>,

Thank you for referring <<given>> <<family>>, who came to see me on <<date>>. <<sentences>> \
<<negatives>>

Sincerely,

<<doctor>>, MD
NPI <<npi>>
Email: <<email>>
""",
    """Dear <<given>>,

This letter confirms your appointment on <<date>> with Dr. <<doctor>>. Please bring your card \
(member ID <<plan>>). Your portal is <<url>>. <<sentences>>

Questions? Call <<phone>> or write to <<email>>.

Kind regards,
<<doctor>>
""",
)
CHINESE = (
    "\u59d3\u540d\uff1a<<zh_name>>  \u6027\u522b\uff1a\u7537  \u5e74\u9f84\uff1a<<zh_age>>\n"
    "\u4f4f\u9662\u53f7\uff1a<<mrn_plain>>  \u8eab\u4efd\u8bc1\u53f7\uff1a<<zh_id>>\n"
    "\u4f4f\u5740\uff1a<<zh_town>>\n\u8054\u7cfb\u7535\u8bdd\uff1a<<zh_phone>>\n"
    "\u5165\u9662\u65e5\u671f\uff1a<<zh_date>>\n\u60a3\u8005\u56e0\u80f8\u75db3\u5929\u5165\u9662\uff0c"
    "\u8840\u538b120/80mmHg\uff0c\u53e3\u670d\u963f\u53f8\u5339\u6797100mg\u3002"
    "\u4e3b\u6cbb\u533b\u5e08\uff1a<<zh_name>>\n",
    "\u60a3\u8005<<zh_known>>\uff0c\u7537\uff0c65\u5c81\uff0c\u56e0\u54b3\u55fd\u4e8e<<zh_date>>\u5c31\u8bca\u3002"
    "\u767d\u7ec6\u80de7.2\u3002<<zh_known>>\u5148\u751f\u5bb6\u4f4f<<zh_town>>\u3002"
    "\u624b\u673a\uff1a<<zh_phone>>\u3002\n",
)
JAPANESE = (
    "\u6c0f\u540d\uff1a<<ja_name>>\n\u751f\u5e74\u6708\u65e5\uff1a<<ja_date>>\n"
    "\u4f4f\u6240\uff1a<<ja_town>>\n\u96fb\u8a71\uff1a<<ja_phone>>\n\u60a3\u8005\u756a\u53f7\uff1a<<mrn_plain>>\n"
    "<<zh_date>>\u3001\u80f8\u75db\u306e\u305f\u3081\u53d7\u8a3a\u3002\u8840\u5727120/80\u3001"
    "\u30a2\u30b9\u30d4\u30ea\u30f3100mg\u3002\u62c5\u5f53\u533b\uff1a<<ja_name>>\n",
    "<<ja_family>>\u69d8\u306f<<ja_age>>\u3001<<ja_date>>\u306b\u5165\u9662\u3002<<ja_family>>\u3055\u3093\u306e"
    "\u5bb6\u65cf\u306b\u96fb\u8a71\uff08<<ja_phone>>\uff09\u3057\u305f\u3002\u4f53\u6e2937.2\u5ea6\u3002\n",
)

FORMATS = {
    "discharge": DISCHARGE, "soap": SOAP, "lab": LAB, "hl7": HL7, "fhir": FHIR, "csv": CSV,
    "letter": LETTER, "caps": DISCHARGE + SOAP, "ocr": DISCHARGE + LETTER + SOAP,
    "chinese": CHINESE, "japanese": JAPANESE,
}  # fmt: skip
"""Format -> its variants; caps are printed in capitals, ocr has stray blanks and line breaks."""

SENTENCES = (
    "Driver's license <<licence>> was copied.",
    "State license no. <<licence>> (surgeon).",
    "The car, VIN <<vin>>, was towed.",
    "He arrived in a van with license plate <<plate>>.",
    "Vehicle identification number: <<vin>>.",
    "A pacemaker with serial number <<device>> was implanted in <<year>>.",
    "Pump S/N <<device>> was returned.",
    "Device identifier (UDI): <<device>>.",
    "Results are at <<url>>.",
    "See <<url>> for the images.",
    "Portal access came from <<ip>>.",
    "Login from IP address <<ip>> was refused.",
    "Fingerprint template <<biometric>> is on file.",
    "Voiceprint ID: <<biometric>>.",
    "Retinal scan code <<biometric>> was enrolled.",
    "A photograph of the face is stored as <<photo>>.",
    "See photo <<photo>>.",
    "Medicare number <<plan>>.",
    "Subscriber ID: <<plan>>.",
    "The claim was sent to member no. <<plan>>.",
    "Please bill account <<account>>.",
    "Acct #: <<account>>.",
    "Payment by card <<account>> was accepted.",
    "Social security number <<ssn>>.",
    "His SSN is <<ssn>>.",
    "Chart no. <<mrn>> was reviewed.",
    "Old records under medical record # <<mrn>>.",
    "Passport number <<other>>.",
    "Specimen ID <<other>> was lost.",
    "Encounter number: <<other>>.",
    "Write to <<email>>.",
    "Fax the report to <<fax>>.",
    "Facsimile: <<fax>>.",
    "Her mother, <<other_given>>, is <<old_age>>.",
    "The family moved from <<town>> to <<county>> in <<year>>.",
    "He votes in <<precinct>>.",
    "He was born in <<town>>.",
    "She was transferred from another hospital on <<date>>.",
    "The patient's son <<doctor>> has power of attorney.",
    "Surgery is planned for <<date>>.",
    "Symptoms began in <<month>>.",
    "I spoke with Dr. <<doctor>> about the plan.",
    "Consult: <<doctor>>, MD, of cardiology.",
    "Records were sent to P.O. <<box>>.",
    "Pager <<phone>>.",
)
"""Sentences with identifiers, so that every class stands in every prose format."""

NEGATIVES = (
    "Ejection fraction was 55%.", "Potassium 4.1, creatinine 1.2, eGFR 88.",
    "Troponin 0.04 ng/mL (reference 0.00-0.04).", "Heparin 5000 units every 8 hours.",
    "Diagnosis codes E11.9, I25.10 and Z79.4.", "See PMID 31978945 and PMID: 12345678.",
    "BRCA1 and TP53 variants were not found; rs1801133 was seen in MTHFR.",
    "Parkinson's disease runs in the family.", "No sign of Hodgkin lymphoma or Cushing syndrome.",
    "A Foley catheter was placed.", "Murphy's sign was negative.", "Glasgow Coma Scale was 15.",
    "Blood pressure 120/80, later 98/60.", "Pain 7/10.", "Murmur 2/6 at the left sternal border.",
    "Levothyroxine 100 mcg, lisinopril 20 mg and atorvastatin 40 mg were continued.",
    "The first symptoms date from 2012.", "He smoked 20 cigarettes a day from 1990 to 2005.",
    "Apgar scores were 8 and 9.", "Section 4.2.1 of the protocol applies.",
    "Version 2.0.1.7 was used.",
    "Wound 3 x 4 cm, depth 12 mm.", "The platelet count was 250000 per microliter.",
    "INR 2.5, goal 2.0-3.0.", "Hounsfield units between 20 and 45.", "CD4 count 412.",
    "Trial NCT01234567 was discussed.", "Alzheimer dementia was ruled out.",
    "The Kaplan-Meier estimate was 92% at 5 years.", "The child is 89 years younger than nobody.",
    "Temperature 98.6 F, respirations 18, pulse 96.", "Insulin glargine 12 units at bedtime.",
    "PaO2 95 mm Hg, pH 7.41, HCO3 24.", "Vitamin B12 312 pg/mL, folate 9.",
    "COVID-19 test was negative.", "Stage IIIB, T2N1M0.", "Visit 3 of 12 of physical therapy.",
    "Warfarin was held for 5 days.", "Bell's palsy resolved.", "She walks 10-15 minutes a day.",
    "Group A streptococcus grew.", "Type 2 diabetes for 12 years.", "The dose was 1 g/day.",
    "Hepatitis B surface antigen was negative.", "Lead II showed sinus rhythm at 104 per minute.",
)  # fmt: skip
"""Hard negatives: what looks like an identifier and is none."""
