"""Labelled passages, three a class, written for the test of topics: none is in any corpus.

The first of each class was looked at while the descriptions of the classes were written, the other
two were not.
"""

from __future__ import annotations

PASSAGES: dict[str, tuple[str, str, str]] = {
    "mathematics": (
        "Let f be a continuous function on a closed interval. Then f attains its maximum, and if "
        "f is differentiable inside, its derivative vanishes there.",
        "A prime number greater than two is odd. Suppose there were finitely many primes; their "
        "product plus one would have a prime factor outside the list, a contradiction.",
        "To solve the quadratic equation, complete the square: both roots follow from the "
        "discriminant, and their sum equals minus the linear coefficient.",
    ),
    "physics": (
        "When a photon strikes the metal with enough energy, an electron is emitted; its kinetic "
        "energy grows linearly with the frequency of the light.",
        "The pendulum exchanges potential and kinetic energy. Without friction its period depends "
        "on the length of the rod and on gravity, not on the mass.",
        "In a superconductor the electrical resistance drops to zero below a critical "
        "temperature and the magnetic field is expelled from the interior.",
    ),
    "chemistry": (
        "The ester was hydrolysed in aqueous sodium hydroxide, acidified with hydrochloric acid, "
        "and the carboxylic acid extracted with ether and recrystallised.",
        "Copper sulfate dissolves in water to give a blue solution; adding ammonia forms a deep "
        "blue complex because the ligand replaces water around the ion.",
        "Alkenes react with bromine by addition across the double bond, and the orange colour "
        "disappears, which is a simple test for unsaturation.",
    ),
    "biology": (
        "In the cytoplasm the ribosome reads messenger RNA codon by codon and joins amino acids "
        "into a protein while transfer RNA delivers the next residue.",
        "Male frogs of this species call from the edge of ponds after rain; females choose mates "
        "by the pitch of the call, and tadpoles hatch within a week.",
        "Photosynthesis in the leaf takes place in chloroplasts, where chlorophyll absorbs light "
        "and the plant builds sugar from carbon dioxide.",
    ),
    "earth_science": (
        "The basalt erupted along the ridge and cooled under the ocean; sediment later covered the "
        "rocks, and the magnetic stripes record the spreading of the floor.",
        "Monsoon rainfall over the plateau depends on warm sea surface temperatures, and droughts "
        "follow when the winds in the atmosphere weaken.",
        "An earthquake begins where two plates slip along a fault; the seismic waves reveal the "
        "layers of crust and mantle below.",
    ),
    "astronomy": (
        "The telescope observed a distant galaxy; its redshift shows that its light left the stars "
        "when the universe was a tenth of its present age.",
        "The comet swings around the sun once in seventy years on a long ellipse, and its tail "
        "always points away from the star.",
        "After entering orbit around Mars, the spacecraft mapped both small moons and returned "
        "images of the planet's polar caps.",
    ),
    "medicine": (
        "A 54-year-old woman was admitted with fever and chest pain; the radiograph showed an "
        "effusion, and treatment with intravenous antibiotics led to recovery.",
        "Patients with chronic renal failure who undergo dialysis often develop anemia, which "
        "responds to therapy with erythropoietin.",
        "Surgical resection of the tumor was followed by chemotherapy; five years later there was "
        "no recurrence of the carcinoma.",
    ),
    "health_lifestyle": (
        "Start the day with a balanced breakfast of oats, fruit and nuts, drink enough water, and "
        "walk for half an hour to keep a healthy weight.",
        "Yoga and deep breathing before bed can help you relax, reduce stress and sleep better "
        "without any pills.",
        "Swap sugary drinks for herbal tea, eat more vegetables and fibre, and do strength "
        "exercises twice a week to stay fit.",
    ),
    "social_science": (
        "In the survey, respondents who identified with a group were more likely to conform to its "
        "norms, which supports theories of social identity and behavior.",
        "Anthropologists lived with the tribe for two years to describe kinship, marriage customs "
        "and how the culture raises its young.",
        "The experiment asked participants to recall lists of names; anxiety lowered memory "
        "performance, and personality explained part of the difference between people.",
    ),
    "engineering": (
        "The engineers reinforced the steel girders of the bridge and replaced the bearings so "
        "that the structure can carry heavier trucks.",
        "The turbine drives a generator through a gearbox; worn bearings raise vibration, and the "
        "machine must be stopped for maintenance.",
        "The circuit uses a voltage regulator and two transistors to drive the motor, with a fuse "
        "to protect the wiring against overload.",
    ),
    "computing": (
        "The server stores each session in the database; when the cache expires, the program reads "
        "the file again and returns an error if the network is down.",
        "def read_config(path): open the file, parse every line, return a dictionary, and raise an "
        "exception when the argument is not a string.",
        "The operating system schedules threads on several processor cores, and the compiler "
        "optimises loops so that the software runs faster.",
    ),
    "agriculture": (
        "Farmers sow winter wheat in autumn, spread fertilizer on the soil in spring and harvest "
        "the crop in July before the rains.",
        "The cattle graze on clover pastures; rotating the herd between fields keeps the livestock "
        "healthy and the grass growing.",
        "Irrigation of the orchards doubled the apple yield, but the growers also had to control "
        "weeds and pests in the farm.",
    ),
    "economics": (
        "The central bank raised interest rates to slow inflation, and investors sold bonds as "
        "growth of GDP fell short of forecasts.",
        "Exports account for a third of the national income; a weaker currency makes goods cheaper "
        "abroad but imports dearer.",
        "The company's shareholders approved the merger after quarterly profits declined and its "
        "stock lost a fifth of its market value.",
    ),
    "law": (
        "The court held that the contract was void because the defendant had concealed material "
        "facts, and awarded damages to the plaintiff.",
        "An appeal must be filed within thirty days of the judgment; the appellate judges review "
        "errors of law but not the verdict of the jury.",
        "Under the statute a tenant has the right to sue the landlord for breach, and liability "
        "cannot be excluded by agreement.",
    ),
    "politics": (
        "The prime minister lost a vote of confidence in parliament, and the opposition party "
        "called for early elections.",
        "Senators debated the bill for weeks before the president signed it, a victory for the "
        "government's foreign policy.",
        "The two states signed a treaty after long diplomacy; their ministers promised to reopen "
        "embassies next year.",
    ),
    "history": (
        "In the twelfth century the emperor's army besieged the fortress; the peace that followed "
        "divided the empire between his two sons.",
        "Roman legions conquered the province and built roads, but after the fall of the dynasty "
        "invaders sacked its towns.",
        "The revolution of 1789 abolished the privileges of the nobility; war broke out and the "
        "king was executed in January 1793.",
    ),
    "geography": (
        "The city lies on the east bank of the river, forty kilometres from the coast, and is the "
        "capital of a mountainous province.",
        "The island has a population of nine thousand; its northern shore is rocky, while beaches "
        "in the south attract tourists.",
        "The region borders three countries, and its highest mountain rises above a lake in the "
        "national park.",
    ),
    "philosophy": (
        "If knowledge is justified true belief, the sceptic asks how any reason could justify "
        "belief in an external world.",
        "Kant held that moral duty follows from reason alone, so that an act has worth only when "
        "done for the sake of the law one gives oneself.",
        "Utilitarian ethics judges an action by its consequences, whereas virtue theory asks what "
        "a good person would do.",
    ),
    "religion": (
        "The bishop led the prayers in the church, and the faithful sang a hymn to the saint whose "
        "relics lie under the altar.",
        "Muslims fast during Ramadan from dawn to sunset and gather in the mosque; the holy book "
        "tells of God's mercy.",
        "The monks in the Buddhist temple recite the scriptures each morning and teach that desire "
        "is the root of suffering.",
    ),
    "language_literature": (
        "In this dialect the vowel is long before a voiced consonant, and the verb comes at the "
        "end of a subordinate clause.",
        "The poet revised the sonnet many times; its rhymes and metaphors recur in the novels that "
        "the author wrote later.",
        "The Greek alphabet was adapted from Phoenician letters, and several words of the language "
        "were borrowed with their spelling.",
    ),
    "arts": (
        "The painter layered thin glazes on the canvas, and the portrait now hangs in the museum "
        "beside two sculptures in marble.",
        "Gothic architecture is known for pointed arches and rose windows; the facade of the "
        "cathedral was designed by an unknown master.",
        "Her photographs and drawings were shown in a gallery last year, an exhibition of abstract "
        "style and bold colour.",
    ),
    "entertainment": (
        "The actor won an award for his role in the comedy film, and the director announced a "
        "sequel for next summer.",
        "The band released its second album after a long tour, with a single that topped the "
        "charts and a music video.",
        "In the final episode of the television series the detective finds the killer, a twist "
        "that fans of the show had guessed.",
    ),
    "sports": (
        "The striker scored twice in the second half, and the team won the match to stay on top of "
        "the league.",
        "She served well and broke her opponent three times to reach the semi-final of the tennis "
        "tournament.",
        "The coach traded two players before the season, hoping to reach the baseball playoffs and "
        "win a championship.",
    ),
    "education": (
        "Pupils in the fifth grade learn fractions with the teacher, and homework is checked in "
        "class on Friday before the test.",
        "The university admits students by their grades; first-year courses are lectures and "
        "seminars, with an exam at the end of term.",
        "Teachers in primary schools plan each lesson around the curriculum and help children who "
        "read slowly after class.",
    ),
    "e_commerce": (
        "Add this waterproof backpack to your cart today and get 20% off; free shipping on all "
        "orders, returns within 30 days.",
        "Brand new in box, two-year warranty, fast delivery. Customers rate the product five "
        "stars; buy two and save.",
        "Our store offers the lowest price on phone chargers. Check out now, pay by card, and the "
        "order ships tomorrow.",
    ),
    "news": (
        "Police said on Monday that two men were arrested after a shop was robbed; a spokesman "
        "said nobody was hurt.",
        "Officials reported on Tuesday that at least nine people were killed when a bus crashed "
        "outside the town, according to local media.",
        "Firefighters were called to the warehouse late yesterday; residents were told to stay "
        "indoors, a police spokeswoman told reporters.",
    ),
    "social_media": (
        "omg guys I can't believe it lol, check my latest post and follow me for more, thanks for "
        "all the likes!!",
        "haha my friend tagged me in this selfie again, please share and drop a comment below if "
        "you love it too",
        "Hey everyone, new blog post is up! Like, share, and tell me in the comments what you "
        "think, xoxo",
    ),
}
