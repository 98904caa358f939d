"""Layouts written after the rules and never used to better them: what a new hospital looks like.

The floors do not count them; the report shows what they cost. Change rules for the sake of one of
these and it belongs in layouts.py.
"""

from __future__ import annotations

TRIAGE = (
    """ED TRIAGE <<date>> 0432
Pt <<patient>> (goes by <<other_given>>), <<age>>F, arrived by ambulance from <<street>> in \
<<town>>.
Brought in by neighbour <<doctor>>. NOK: sister <<other_given>> on <<phone>>. GP is \
<<doctor_family>> at <<town>> surgery.
Hosp no <<mrn>>. Allergies: none. Obs: HR 104 BP 98/60 RR 22 SpO2 93% T 38.2.
Last seen here <<date>>. Handover to <<given>>'s nurse, <<doctor>>.
""",
    """Telephone encounter, <<date>>
Caller: <<doctor>> (mother of <<patient>>), callback <<phone>>
Re refill of lisinopril 20 mg. Pharmacy at <<street>>, faxed to <<fax>>. <<family>> will come in \
on <<date>>.
Insurance card shows ID <<plan>>. Spoke to <<other_given>> at the front desk. Email on file \
<<email>>.
""",
)
OPERATIVE = (
    """OPERATIVE REPORT
SURGEON        <<doctor>>, M.D.
ASSISTANT      <<doctor>>, PA-C
PATIENT        <<last_first>>
UNIT NO        <<mrn>>
DATE OF OP     <<date>>

The implant (model 4470, ser. no. <<device>>) was placed. Blood loss 150 mL. <<family>> went to \
recovery.
D: <<date>>  T: <<date>>  Job: <<other>>
""",
)
SOCIAL = (
    """Social work assessment
<<given>> grew up in <<town>>, and now shares a flat on <<street>> with <<other_given>> and two \
cats. The landlord, Mr <<doctor_family>>, can be phoned on <<phone>>. <<given>> drives a Ford, \
registration <<plate>>. Benefits letter quotes <<ssn>>. Photo on file: <<photo>>. Turned \
<<old_age>> last <<month>>. Bank <<account>>. Webpage <<url>>.
""",
)
KEYED = (
    """pt_name=<<patient>>; pt_dob=<<birth>>; pt_mrn=<<mrn>>; pt_phone=<<phone>>; \
client_ip=<<ip>>; attending=<<doctor>>
<patient><lastName><<family>></lastName><firstName><<given>></firstName><dob>\
<<iso_birth>></dob><ssn><<ssn>></ssn><city><<town>></city></patient>
""",
)

UNSEEN = {"triage": TRIAGE, "operative": OPERATIVE, "social": SOCIAL, "keyed": KEYED}
"""Format -> its variants, as in layouts.py."""
