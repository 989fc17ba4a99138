"""Generated sentences of kinds that are rare in texts (numbers, times, dates, greetings, questions, directions), and carrier
sentences for single words. Numbers are written as words, as by the program's normalisation."""

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen").split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
            "twelve": "twelfth"}
MONTHS = ("January February March April May June July August September October November December").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
NAMES = ("James Mary John Linda Robert Susan Michael Karen David Sarah William Nancy Richard Lisa Thomas Betty Charles "
         "Helen Daniel Sandra Matthew Donna Anthony Carol Mark Ruth Paul Sharon Steven Michelle Andrew Laura Kevin Anna "
         "Edward Grace Peter Alice Henry Emma Arthur Julia Frank Rose Oliver Sophie Jack Hannah Samuel Rachel").split()
CITIES = ("London Paris Boston Chicago Denver Seattle Dallas Houston Phoenix Atlanta Miami Detroit Berlin Rome Madrid "
          "Vienna Dublin Sydney Toronto Tokyo Cairo Lisbon Athens Oslo Prague Warsaw Geneva Montreal Portland").split()
THINGS = ("book table chair window door garden kitchen letter ticket camera bottle basket blanket pencil ladder mirror "
          "hammer engine bicycle piano violin computer telephone newspaper sandwich painting suitcase jacket sweater "
          "candle bucket carpet pillow machine kettle printer keyboard battery lantern parcel notebook").split()
PLACES = ("station airport library market school hospital museum park river bridge harbor village theater restaurant "
          "hotel bakery farm beach forest castle factory stadium garage lighthouse office").split()
QUALITIES = ("small large old new bright dark quiet heavy light round broken clean narrow empty warm cold green yellow "
             "purple golden wooden gentle strange simple famous useful").split()
DEEDS = ("carried found moved opened repaired painted lifted dropped watched borrowed returned cleaned ordered measured "
         "remembered noticed described finished bought sold wrapped polished").split()
PEOPLE = ("the teacher|the driver|the doctor|our neighbor|the captain|the manager|the baker|their father|the gardener|"
          "the engineer|the student|the old man|my brother|her sister").split("|")


def number(n):
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (" " + ONES[n % 10] if n % 10 else "")
    for size, name in ((1000000, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= size:
            return f"{number(n // size)} {name}" + (" " + number(n % size) if n % size else "")


def ordinal(n):
    *first, last = number(n).split(" ")
    return " ".join([*first, ORDINALS.get(last, last[:-1] + "ieth" if last.endswith("y") else last + "th")])


def year(n):
    if 2000 <= n < 2010:
        return "two thousand" + (" " + ONES[n - 2000] if n > 2000 else "")
    rest = n % 100
    return number(n // 100) + " " + ("hundred" if rest == 0 else "oh " + ONES[rest] if rest < 10 else number(rest))


def _time(r):
    hour, minute = number(r.randint(1, 12)), r.choice([0, 15, 30, 45, r.randint(1, 59)])
    if minute == 0:
        return hour + r.choice([" o'clock", " in the morning", " in the evening"])
    if minute == 30 and r.random() < 0.5:
        return "half past " + hour
    return hour + " " + ("oh " + ONES[minute] if minute < 10 else number(minute))


def _some_number(r):
    return number(max(2, int(10 ** r.uniform(0, r.choice([2, 3, 4, 6.5])))))


def _several(noun):
    if noun.endswith("y"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "ch", "sh", "x")) else "s")


def _digits(r, count):
    return " ".join(ONES[r.randint(0, 9)] for _ in range(count))


def everyday(r):
    """One sentence; r is a random.Random."""
    one = r.choice
    thing, place, quality, who, name, city = (one(of) for of in (THINGS, PLACES, QUALITIES, PEOPLE, NAMES, CITIES))
    forms = [
        lambda: f"The train to {city} leaves at {_time(r)}.",
        lambda: f"Your appointment is on {one(DAYS)}, {one(MONTHS)} {ordinal(r.randint(1, 31))} at {_time(r)}.",
        lambda: f"The total comes to {_some_number(r)} dollars and {number(r.randint(2, 99))} cents.",
        lambda: f"There are {_some_number(r)} {_several(thing)} in the {quality} {one(['room', 'box', 'shop', 'house'])}.",
        lambda: f"Call me at {_digits(r, one([3, 4, 7]))}.",
        lambda: f"It was built in {year(r.randint(1400, 2030))} by {name} and {one(NAMES)}.",
        lambda: f"The temperature is {number(r.randint(2, 110))} degrees, with "
                f"{one(['light rain', 'heavy snow', 'clear skies', 'strong wind', 'some fog'])} "
                f"{one(['today', 'tonight', 'tomorrow', 'this morning', 'this weekend'])}.",
        lambda: f"{one(['Hello', 'Hi', 'Good morning', 'Good evening', 'Welcome back'])}, {name}"
                f"{one(['.', '!', ', how are you today?', ', it is nice to see you.', ', what can I do for you?'])}",
        lambda: f"{one(['Thank you', 'Thanks', 'Many thanks'])} for "
                f"{one(['your help', 'the ' + thing, 'calling', 'listening', 'waiting', 'your patience'])}.",
        lambda: f"Where {one(['is', 'was'])} the {quality} {thing}?",
        lambda: f"{one(['Can', 'Could', 'Would', 'Will'])} you {one(['bring me', 'look at', 'send', 'find'])} the {thing}, "
                "please?",
        lambda: f"{one(['What', 'When', 'Why', 'How'])} did {who} {one(['say that', 'leave', 'arrive', 'find out'])}?",
        lambda: f"{one(['Is', 'Was'])} {name} {one(['at', 'near'])} the {place} {one(['today', 'on ' + one(DAYS)])}?",
        lambda: f"Turn {one(['left', 'right'])} at the {place}, then walk {_some_number(r)} {one(['steps', 'meters'])}.",
        lambda: f"Please {one(['open', 'close', 'clean', 'check', 'move'])} the {thing} {one(['before', 'after'])} {_time(r)}.",
        lambda: f"{who[0].upper() + who[1:]} {one(DEEDS)} the {quality} {thing} {one(['near', 'behind', 'beside'])} the {place}.",
        lambda: f"{name} and {one(NAMES)} {one(DEEDS)} {_some_number(r)} {_several(thing)} {one(['last week', 'in ' + one(MONTHS)])}.",
        lambda: f"The {ordinal(r.randint(1, 60))} {one(['chapter', 'page', 'floor', 'row', 'question'])} is "
                f"{one(['closed', 'empty', 'hard to find', 'the best one', 'missing', 'too long'])}.",
        lambda: f"Flight {_digits(r, 3)} to {city} is "
                f"{one(['now boarding', 'on time', 'delayed by ' + number(r.randint(5, 90)) + ' minutes'])}.",
        lambda: f"If {who} {one(['calls', 'comes', 'asks', 'agrees'])}, {one(['tell', 'show', 'give'])} them the {thing}.",
        lambda: f"{one(['I think', 'She said', 'We hope', 'You know'])} that {who} {one(['will', 'would', 'might'])} "
                f"{one(['be here soon', 'go to the ' + place, 'wait until ' + one(DAYS), 'stay in ' + city])}.",
    ]
    sentence = one(forms)()
    return sentence[0].upper() + sentence[1:]


def around(r, word):
    """One sentence of words from word(), each once, to learn how spellings sound."""
    forms = ["The {} and the {} were {}.", "{}, {}, and {}.", "She said {} {}, not {}.", "Is it {} or {}?",
             "We {} the {} {} with {}.", "{} {} {} {} {}.", "In the {} of {}, a {} {}.", "Every {} has its {} and {}.",
             "They {} for {} {}."]
    form = r.choice(forms)
    sentence = form.format(*(word() for _ in range(form.count("{}"))))
    return sentence[0].upper() + sentence[1:]
