"""The 27 topic classes of world knowledge: our names, and the sentence each is recognised by.

The recipe has 27 classes (arXiv 2502.12671 section 2.1) and does not publish them; these are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

CLASSES: Mapping[str, str] = {
    "mathematics": "mathematics, algebra, geometry, calculus, theorem, proof, equation, integer, "
    "probability, statistics, function, polynomial, logic",
    "physics": "physics, force, energy, momentum, quantum mechanics, electron, magnetic field, "
    "thermodynamics, wave, photon, relativity, optics, particle",
    "chemistry": "chemistry, chemical reaction, molecule, compound, acid, catalyst, synthesis, "
    "solvent, oxidation, ion, polymer, bond, element, metal",
    "biology": "biology, cell, organism, species, gene, DNA, protein, enzyme, bacteria, evolution, "
    "plant, animal, membrane, mutation, botany, zoology",
    "earth_science": "geology, climate, ocean, atmosphere, rock, mineral, earthquake, volcano, "
    "weather, rainfall, sediment, ecosystem, environment, pollution",
    "astronomy": "astronomy, star, planet, galaxy, telescope, orbit, moon, solar system, "
    "spacecraft, comet, universe, black hole, satellite, astronaut",
    "medicine": "medicine, patient, disease, diagnosis, treatment, clinical, surgery, therapy, "
    "symptom, hospital, tumor, infection, drug, syndrome, disorder",
    "health_lifestyle": "healthy living, diet, nutrition, vitamins, exercise, fitness, weight "
    "loss, "
    "sleep, wellness, yoga, self care, skin care, stress relief",
    "social_science": "psychology, sociology, anthropology, behavior, personality, cognition, "
    "society, culture, social group, attitude, survey of people, ethnic, gender",
    "engineering": "engineering, machine, engine, bridge, steel, construction, manufacturing, "
    "aircraft, vehicle, circuit, voltage, turbine, mechanical, railway",
    "computing": "computer, software, programming, code, algorithm, database, network, server, "
    "function argument, class, python, import, return, file, operating system",
    "agriculture": "agriculture, farming, crop, soil, harvest, livestock, cattle, wheat, "
    "irrigation, fertilizer, plough, orchard, forestry, fishery",
    "economics": "economics, finance, market, inflation, interest rate, bank, investment, stock, "
    "trade, tax, GDP, currency, export, industry, company",
    "law": "law, court, judge, statute, contract, plaintiff, defendant, liability, constitution, "
    "attorney, crime, legal rights, lawsuit, appeal",
    "politics": "politics, government, election, president, parliament, minister, party, policy, "
    "vote, senate, diplomacy, treaty, state",
    "history": "history, ancient, empire, king, war, battle, century, dynasty, army, conquest, "
    "medieval, colonial, revolution, emperor",
    "geography": "geography, city, region, population, river, island, mountain, coast, province, "
    "capital, travel, tourist, border, located in",
    "philosophy": "philosophy, ethics, metaphysics, epistemology, argument, reason, moral, "
    "existence, knowledge, truth, Plato, Kant, anarchism, logic fallacy",
    "religion": "religion, God, church, faith, prayer, bible, saint, christian, islam, buddhist, "
    "priest, temple, worship, scripture, mythology, gods",
    "language_literature": "language, grammar, word, vowel, consonant, alphabet, letter, dialect, "
    "linguistics, novel, poem, poet, author, literature, verse, translation",
    "arts": "art, painting, sculpture, architecture, museum, artist, drawing, gallery, photograph, "
    "design, building facade, style, canvas, exhibition",
    "entertainment": "film, movie, actor, television, music, album, song, band, concert, video "
    "game, celebrity, director, award, comedy, episode",
    "sports": "sports, football, team, player, match, goal, league, coach, championship, season, "
    "baseball, tennis, olympic, race, tournament",
    "education": "education, school, student, teacher, classroom, curriculum, university, course, "
    "learning, homework, exam, college degree, lesson, pupils",
    "e_commerce": "online shop, product, price, buy, shipping, order, discount, cart, customer "
    "review, sale, brand, delivery, warranty, return policy",
    "news": "news, police said, reported on Monday, officials said, breaking, according to a "
    "spokesman, arrested, killed, yesterday, local residents, reporters",
    "social_media": "social media post, lol, follow me, like and share, comment, thread, haha, my "
    "friends, selfie, hashtag, omg, blog, thanks for reading, guys",
}
CLASS_NAMES = tuple(CLASSES)
