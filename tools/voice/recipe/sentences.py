"""The sentences that the voice learns from: train.tsv and held-out.tsv, a line each: id, source, sentence.

They come from Debian packages (wordnet-base's examples, debian-handbook, fortunes) and from templates.py. Every word must
be in the CMU dictionary (pocketsphinx-en-us), so that its sound is known. These texts are not distributed; only a model
that was trained on their sound is.
"""
import glob
import html
import os
import random
import re

from . import templates

DICTIONARY = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict"
# Words that the voice is not trained with.
LEFT_OUT = set("""fuck fucking shit bitch cunt nigger faggot whore slut rape raped sex sexual sexy penis vagina nazi hitler
kill killed murder suicide dick cock damn hell ass bastard porn naked nude drug drugs cocaine heroin jew jews negro blood
bloody corpse dead dies died hanged lynched slave slaves homosexual prostitute intercourse excrement feces semen breasts
orgasm idiot crap piss tits dyke queer cripple retarded jap chink wop coon kike terrorist bomb torture genocide""".split())


def dictionary():
    with open(DICTIONARY) as file:
        return {line.split(" ", 1)[0] for line in file if "(" not in line.split(" ", 1)[0]}


def cleaned(sentence, known):
    """A plain sentence of 3 to 20 known words, or None."""
    for sign, plain in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("--", ", "), ("`", "'")):
        sentence = sentence.replace(sign, plain)
    sentence = re.sub(r"\s+", " ", html.unescape(sentence)).strip(' "*-')
    if re.search(r"[^A-Za-z ,.!?;:'\"-]", sentence):
        return None
    sentence = sentence.replace('"', "").replace(";", ",").replace(":", ",").replace("-", " ")
    sentence = re.sub(r"\s+", " ", re.sub(r" +([,.!?])", r"\1", sentence)).strip(" ,")
    odd = r"\.[^ ]|\.\.|\b[A-Z]{2,}\b|\b[B-HJ-Z]\.|[!?][!?]|' | '|,[^ ]|[.!?] [a-z]"
    words = [word.lower() for word in re.findall(r"[A-Za-z']+", sentence)]
    if re.search(odd, sentence) or not 3 <= len(words) <= 20 or not 10 <= len(sentence) <= 140:
        return None
    if LEFT_OUT & set(words) or any(w not in known or (len(w) == 1 and w not in "aio") for w in words):
        return None
    return sentence[0].upper() + sentence[1:] + ("" if sentence[-1] in ".!?" else ".")


# ---- sources

def split_sentences(text):
    return re.split(r"(?<=[.!?])\s+", text)


def wordnet():
    for path in sorted(glob.glob("/usr/share/wordnet/data.*")):
        with open(path, encoding="latin-1") as file:
            for line in file:
                for example in re.findall(r'"([^"]+)"', line.split("|", 1)[-1]):
                    yield example.split(" - ")[0].split(" --")[0]


def handbook():
    for path in sorted(glob.glob("/usr/share/doc/debian-handbook/html/en-US/*.html")):
        with open(path, encoding="utf-8") as file:
            page = re.sub(r"<pre.*?</pre>", " ", file.read(), flags=re.S)
        for paragraph in re.findall(r"<p>(.*?)</p>|<div class=\"para\">(.*?)</div>", page, flags=re.S):
            yield from split_sentences(re.sub(r"<[^>]+>", "", "".join(paragraph)))


def fortunes():
    for name in ("art computers education food fortunes goedel kids law literature love magic miscellaneous news "
                 "paradoxum people pets platitudes riddles science sports wisdom work").split():
        path = "/usr/share/games/fortunes/" + name
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="ignore") as file:
                for saying in file.read().split("\n%\n"):
                    yield from split_sentences(re.split(r"\n\s*--", saying)[0].replace("\n", " "))


def word_drills(known, r, count):
    """Words that WordNet has, and a fifth as many others, over and over in a new order."""
    lemmas = set()
    for path in glob.glob("/usr/share/wordnet/index.*"):
        with open(path, encoding="latin-1") as file:
            lemmas |= {line.split(" ", 1)[0] for line in file}
    plain = sorted(word for word in known if re.fullmatch(r"[a-z]{3,12}", word) and word not in LEFT_OUT)
    usual = [word for word in plain if word in lemmas or word.removesuffix("s") in lemmas]
    others = sorted(set(plain) - set(usual))
    deck = []

    def word():
        if not deck:
            deck.extend(usual + r.sample(others, min(len(others), len(usual) // 5 + 1)))
            r.shuffle(deck)
        return deck.pop()

    return (templates.around(r, word) for _ in range(count))


def write_sentences(folder, seed=5, num_held_out=400):
    """Held-out sentences come from every source except the word drills; no sentence is in both files."""
    r, known = random.Random(seed), dictionary()
    sources = {"wordnet": wordnet(), "handbook": handbook(), "fortunes": fortunes(),
               "everyday": (templates.everyday(r) for _ in range(12000)), "words": word_drills(known, r, 24000)}
    seen, found = set(), []
    for source, candidates in sources.items():
        before = len(found)
        for candidate in candidates:
            sentence = cleaned(candidate, known)
            key = sentence and re.sub(r"[^a-z]+", " ", sentence.lower()).strip()
            if not sentence or key in seen:
                continue
            seen.add(key)
            found.append((source, sentence))
        print(f"sentences: {len(found) - before} from {source}", flush=True)
    r.shuffle(found)
    held_out = [row for row in found if row[0] != "words"][:num_held_out]
    kept_back = set(held_out)
    write_rows(folder, "held-out", held_out)
    write_rows(folder, "train", [row for row in found if row not in kept_back])


def write_rows(folder, part, rows):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, part + ".tsv"), "w") as file:
        file.writelines(f"{part[0]}{i:06d}\t{source}\t{sentence}\n" for i, (source, sentence) in enumerate(rows))


# Sentences for --by-heart, which tests the whole path from text to sound.
BY_HEART = ["Hello, this is a small voice speaking.", "The quick brown fox jumps over the lazy dog.",
            "The train to London leaves at half past nine.", "How many people live in your village?",
            "Thank you very much for listening."]
