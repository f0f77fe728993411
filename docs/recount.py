"""Recount the published record of a round: python recount.py record.json

Needs nothing but Python. It was kept short enough to be read before it is believed.
"""

import hashlib
import json
import pathlib
import sys
from fractions import Fraction

record = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
told = {name: value for name, value in record.items() if name != "digest"}
told = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
assert hashlib.sha256(told.encode()).hexdigest() == record["digest"], "the record was changed"
assert len(set(record["receipts"])) == len(record["receipts"]), "a receipt stands twice"

names, method = record["options"], record["method"]
places = range(len(names))
ballots = [(each["marks"], each["weight"]) for each in record["ballots"] if set(each["marks"]) != {-1}]
people = sum(weight for _, weight in ballots)


def middle(option):
    """Majority judgment: the lower median grade, again and again without it (Balinski & Laraki)."""
    grades = sorted(max(marks[option], 0) for marks, weight in ballots for _ in range(weight))
    return tuple(grades.pop((len(grades) - 1) // 2) for _ in range(len(grades)))


if method == "ranked":  # Schulze, by winning votes
    rank = [([mark if mark > 0 else 99 for mark in marks], weight) for marks, weight in ballots]
    votes = [[sum(w for r, w in rank if r[a] < r[b]) for b in places] for a in places]
    path = [[votes[a][b] if votes[a][b] > votes[b][a] else 0 for b in places] for a in places]
    for via in places:
        for a in places:
            for b in places:
                if a != b:
                    path[a][b] = max(path[a][b], min(path[a][via], path[via][b]))
    level = [0] * len(names)
    for _ in places:
        for a in places:
            level[a] = max([level[b] + 1 for b in places if path[b][a] > path[a][b]], default=0)
    score = [-each for each in level]
elif method == "majority_judgment":
    score = [middle(option) for option in places]
elif record.get("blank_means") == "no_opinion":  # the average over those who marked an option
    given = [
        [(marks[option], weight) for marks, weight in ballots if marks[option] >= 0] for option in places
    ]
    numbers = [sum(weight for _, weight in each) for each in given]
    score = [
        Fraction(sum(mark * weight for mark, weight in each), number) if number else -1
        for each, number in zip(given, numbers, strict=True)
    ]
else:
    score = [sum(max(marks[option], 0) * weight for marks, weight in ballots) for option in places]

ranking = [[names[a] for a in places if score[a] == s] for s in sorted(set(score), reverse=True)]
print(f"{record['question']}  ({method}, {people} ballots with a mark)")
for place, level in enumerate(ranking, start=1):
    print(f"{place}. {' = '.join(level)}")
assert ranking == record["ranking"], "the ballots give another ranking than the one published"
print("The recount agrees with the published ranking.")
