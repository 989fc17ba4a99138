"""Aligns each phone of a word with a letter, learnt from words and their phones.

A phone belongs to one letter, later phones to the same or a later letter, and a letter has at most three phones. The
probabilities are counted along the best paths, in five iterations.
"""
import math
from collections import Counter, defaultdict

MOST_PHONES, ROUNDS = 3, 5


class Alignment:
    def __init__(self):
        self._log_likely = None  # {(letter, phones): log probability}

    def learn(self, words):
        """words: {(letters, phones): count}, letters a string, phones a tuple."""
        for _ in range(ROUNDS):
            counts = defaultdict(float)
            for (letters, phones), count in words.items():
                for letter, group in self._groups(letters, phones) or ():
                    counts[letter, group] += count ** 0.5
            of_letter = Counter()
            for (letter, _), count in counts.items():
                of_letter[letter] += count
            self._log_likely = {pair: math.log(count / of_letter[pair[0]]) for pair, count in counts.items()}

    def _score(self, letter, group, place, share):
        """The initial alignment, near the diagonal."""
        if self._log_likely is None:
            return -abs(len(group) - 1) - 4 * abs(place - share)
        return self._log_likely.get((letter, group), -9.0 - 2 * len(group))

    def _groups(self, letters, phones):
        """→ [(letter, its phones)] along the best path."""
        num_letters, num_phones = len(letters), len(phones)
        best = [[(-math.inf, 0)] * (num_phones + 1) for _ in range(num_letters + 1)]
        best[0][0] = (0.0, 0)
        for i, letter in enumerate(letters):
            for j in range(num_phones + 1):
                so_far = best[i][j][0]
                if so_far == -math.inf:
                    continue
                for more in range(min(MOST_PHONES, num_phones - j) + 1):
                    score = so_far + self._score(letter, phones[j:j + more], (i + 0.5) / num_letters,
                                                 (j + more / 2) / max(1, num_phones))
                    if score > best[i + 1][j + more][0]:
                        best[i + 1][j + more] = (score, more)
        groups, j = [], num_phones
        for i in range(num_letters, 0, -1):
            more = best[i][j][1]
            groups.append((letters[i - 1], phones[j - more:j]))
            j -= more
        return groups[::-1] if j == 0 and best[-1][-1][0] > -math.inf else None

    def letters_of(self, letters, phones):
        """→ for each phone the place of its letter; the last letter's where a word has too many phones."""
        groups = self._groups(letters, phones)
        if groups is None:
            return [min(i, len(letters) - 1) for i in range(len(phones))]
        return [place for place, (_, group) in enumerate(groups) for _ in group]
