"""Reads the answer from a reply, only if its words are clear, because mistaking a refusal for an acceptance
would be the worst error."""

from __future__ import annotations

import re

from lab.exchange.register.values import Answer

_RECOMMENDATION = r"(?:recommendations?|proposals?)"
_THE = r"(?:the|this|that|these|those|your|its|our|both|all|each|said)"
_THE_RECOMMENDATION = (
    rf"(?:{_THE}\s+(?:(?:[\w-]+['’]s?|specific|proposed|safety|above|draft|final|urgent|new|entire|whole|following|two|"
    r"three|four|five|six|commission|council|board|committee|panel|inquiry|review|report|lab|coroner)\s+){0,3}"
    rf"{_RECOMMENDATION}|recommendations?\s+[A-Z]{{0,2}}\d[\w/.-]*)\b(?!['’]s)"
)
_SHARE = (
    r"(?:thrust|intent|intention|spirit|principle|purpose|aim|gist|substance|essence|elements?|aspects?|parts?|"
    r"portions?|some|most|many|several|first|second|third|half)"
)
_BE = r"(?:is|are|was|were|be|been|being)"

_NOT_ITSELF = r"(?!\s+(?:is|was|has|have|are|were|would|could|may|might|as|that|to)\b)"
"""After “accept the recommendation”, words that make it “accept (that) the recommendation is …”."""
_DIRECTLY = r"(?:(?:fully|gladly|formally|hereby|therefore|also|now|both)\s+)?"
_ACCEPT = (
    rf"(?:\b(?:I|we|they|and|will|shall|would|to|we\s+do)\s+{_DIRECTLY}accept|"
    r"^\W*accept|\baccepts|\baccepted)"
)
"""Not the bare verb alone: in “we cannot, it must be said, accept this” the refusal stands far before it."""

_DECLINES = re.compile(
    rf"""
    \b(?:do|does|did|will|would|can|could|has|have|is|are|shall)(?:\s+not|n['’]t)\b[\w\s,'’]{{0,40}}?
        \b(?:accept|accepted|support|supported|endorse|adopt|adopted|implement|agree\s+(?:with|to))\b
        (?=\s+(?:{_THE_RECOMMENDATION}|it\b|$|[.,;])|[.,;]|$)
    |\b(?:cannot|can['’]t|won['’]t|unable\s+to|not\s+able\s+to|not\s+in\s+a\s+position\s+to|not\s+prepared\s+to|
        not\s+willing\s+to|unwilling\s+to|decided\s+not\s+to|declin\w+\s+to|refus\w+\s+to|not\s+intend\s+to|
        no\s+intention\s+(?:of|to)|not\s+propose\s+to)\s+
        (?:accept|accepting|support|endorse|adopt|adopting|implement|implementing|agree|proceed\s+with)\b
    |\b{_RECOMMENDATION}(?:\s+\S+){{0,3}}?\s+{_BE}\s+(?:therefore\s+|hereby\s+)?
        (?:rejected|declined|refused|not\s+(?:accepted|supported|agreed|adopted|endorsed))
    |\b(?:reject|rejects|rejected|decline|declines|declined|refuse|refuses|refused|disagrees?|disagreed)\s+
        (?:with\s+)?{_THE_RECOMMENDATION}
    |\bdisagrees?\s+with\s+{_THE_RECOMMENDATION}
    |^\W*(?:recommendation\s+|response:\s+)?(?:not\s+(?:accepted|agreed|supported)|rejected|declined|refused|disagreed?)\b
    """,
    re.I | re.X,
)
_PARTLY = re.compile(
    rf"""
    \b(?:accept|accepts|accepted|agree|agrees|agreed|support|supports|supported)\s*[,:;(–—-]*\s*
        (?:{_THE}\s+(?:[\w'’/-]+\s+){{0,4}}?)?(?:(?:with|to)\s+)?
        (?:in\s+part|partly|partially|in\s+principle|in\s+general\s+terms|only\s+in)\b
    |\b(?:partly|partially|part|provisionally|conditionally)[\s-]+(?:accept|accepts|accepted|agree|agrees|agreed|supported)\b
    |\bin\s+principle,?\s+(?:\w+\s+){{0,3}}?(?:accept|accepts|accepted|agree|agrees|agreed)\b
    |\b(?:accept|accepts|accepted)\s+(?:the|this|some|most|many|several)?\s*(?:\w+\s+)?{_SHARE}\b[\w\s,'’]{{0,40}}?
        \b(?:of|in)\b[\w\s'’]{{0,30}}?\b{_RECOMMENDATION}
    |\b{_SHARE}\s+(?:and\s+\w+\s+)?of\s+{_THE}\s+(?:\w+\s+)?{_RECOMMENDATION}\s+(?:is|are)\s+(?:accepted|agreed)
    |\baccept(?:s|ed)?\b[^.]{{0,80}}?\b(?:with\s+(?:some\s+|the\s+|certain\s+)?(?:modification|reservation|qualification|
        condition|amendment|exception|change|caveat)s?|except(?:\s+for)?|apart\s+from|other\s+than|but\s+not|
        to\s+the\s+extent)\b
    """,
    re.I | re.X,
)
_ACCEPTS = re.compile(
    rf"""
    ^\W*(?:response:?\s+|recommendation\s+)?(?:fully\s+|noted\s+and\s+)?
        (?:accept|accepted|agree|agreed|we\s+accept|we\s+agree)(?:\s+in\s+full)?\s*
        (?=[.,:;!)–—-]|$|\s+and\s+(?:being\s+)?(?:implemented|completed?|closed)\b)
        (?!\W*(?:no|not|nil|none|false|n/a|x|y/n)\b)
    |{_ACCEPT}\s+(?:in\s+full\s+)?{_THE_RECOMMENDATION}{_NOT_ITSELF}
    |{_ACCEPT}\s+it\s+in\s+full\b
    |\bagree(?:s|d)?\s+(?:with|to)\s+(?:implement\s+)?{_THE_RECOMMENDATION}{_NOT_ITSELF}
    |\b{_RECOMMENDATION}(?:\s+[\w/]+){{0,3}}?\s+(?:(?:has|have)\s+been|is|are|was|were)\s+(?:fully\s+|hereby\s+)?(?:accepted|agreed|adopted)\b
    |\b{_RECOMMENDATION}\s+(?:will|would|shall)\s+be\s+(?:fully\s+)?(?:implemented|adopted)\b
    |\b(?:will|shall)\s+(?:fully\s+)?(?:implement|adopt)\s+{_THE_RECOMMENDATION}
    """,
    re.I | re.X,
)
_DOUBT = re.compile(
    r"""
    \b(?:if|unless|until|till|pending|subject\s+to|provided\s+that|providing|conditional\w*|cannot|neither|nor|never|not|
    no\s+longer|none|nobody|unable|reluctant\w*|hesitat\w+|fail\w*|withdr\w+|revers\w+|previous(?:ly)?|earlier|
    originally|initially|wrong|false|incorrect|den(?:y|ies|ied)|doubt\w*|few|hardly|scarcely|barely|instead|rather|
    far\s+from|yet\s+to|but|only|although|though|however|except\w*|in\s+part|part(?:ly|ially)|
    (?:one|two|three|four|five|six|\d+)\s+(?:out\s+)?of\s+(?:the|these|its|your|our)|disput\w+|oppos\w+|regret\w*|unfortunately|depend\w*)\b
    |n['’]t\b|\?\W*$
    """,
    re.I | re.X,
)
"""Words that anywhere in a sentence make an acceptance doubtful."""
_DOUBT_NEAR = re.compile(
    r"""
    \b(?:before|whether|once|when|should|(?-i:may)|might|could|likely|perhaps|possibly|hop(?:es?|ing)|
    consider(?:s|ed|ing|ation)?|had|asked|asks|urged?|invited|recommends|recommended|
    (?<!decided\s)(?<!agreed\s)(?<!pleased\s)(?<!happy\s)(?<!glad\s)to\s+(?:fully\s+)?accept|others)\b
    """,
    re.I | re.X,
)
"""Words that do so only before or shortly after the acceptance; further on, they are about future work."""
_NEAR_CHARACTERS = 50
_QUOTED_IN_PART = re.compile(r"\b(repl\w+|respon\w+|answered|wrote),?\s+in\s+part\b", re.I)
_LIMITS = re.compile(
    r"\b(?:but\s+not|but|only|although|though|however|except\w*|in\s+part|part(?:ly|ially)|(?:one|two|three|four|five)\s+of\s+the)\b",
    re.I,
)
"""Words that make an acceptance partial, and so are no doubt about it."""
_REFUSAL_DOUBT = re.compile(
    r"""
    \b(?:if|unless|until|before|whether|should|(?-i:may)|might|could|considering|previous(?:ly)?|originally|initially|yet|
    in\s+part|part(?:ly|ially)|in\s+full|fully|entire(?:ly|ty)|all\s+of|wholly|only|merely|neither|nor|hesitat\w+|fail\w*|no\s+reason|
    not\s+(?:reject\w*|declin\w+|refus\w+|disagree\w*)|never\s+(?:reject\w*|declin\w+|refus\w+)|no\s+longer|withdr\w+)\b
    |n['’]t\s+(?:reject|declin|refus|disagree)|\?\W*$
    """,
    re.I | re.X,
)
_GOES_BACK = re.compile(
    r"""
    \b(?:(?:do|does)\s+not\s+(?:accept|agree|support)|will\s+not|won['’]t|cannot|can['’]t|unable\s+to|not\s+able\s+to|does\s+not\s+(?:intend|propose|plan)|
    do\s+not\s+(?:intend|propose|plan)|decided\s+(?:not\s+to|against)|not\s+(?:be\s+)?(?:proceed|implement|accept|adopt)\w*|
    no\s+(?:plans?|intentions?)\s+(?:to|of|for)|reject\w*|declin\w+|refus\w+|no\s+longer|reversed|withdrawn|
    no\s+(?:further\s+)?action\s+(?:will|is|shall))\b
    """,
    re.I | re.X,
)
_ABBREVIATED = "".join(
    rf"(?<!\b{word}\.)" for word in ("Mr", "Mrs", "Ms", "Dr", "Hon", "St", "Rev", "Prof", "No", "vs")
)
_SENTENCE_END = re.compile(rf"(?:(?<=[.!?])|(?<=[.!?][\"'”’)\]])){_ABBREVIATED}\s+(?=[\"'“‘(\[]*[A-Z])")
_VERDICT_LINE = re.compile(
    r"^\W*(?:\w+ly\s+|not\s+)?(?:accept|agree|reject|decline|refuse|support)(?:ed|d)?(?:\s+in\s+(?:part|full|principle))?\W*$",
    re.I,
)
_NUMBERED = re.compile(r"\brecommendations?\s+(?:numbers?\s+|nos?\.?\s+)?([A-Z]{0,2}\d[\w/.-]*)", re.I)
_DONE = re.compile(
    rf"""
    \b{_RECOMMENDATION}(?:\s+[\w/]+){{0,2}}?\s+(?:has|have)\s+(?:now\s+|already\s+|since\s+)?been\s+
        (?:fully\s+|now\s+)?(?:implemented|completed)\b
    |\b(?:has|have)\s+(?:now\s+|already\s+|since\s+)?(?:fully\s+)?(?:implemented|completed)\s+{_THE_RECOMMENDATION}
    |\bimplementation(?:\s+of\s+{_THE_RECOMMENDATION})?\s+(?:is|was|has\s+been)\s+(?:now\s+)?completed?\b
    |^\W*(?:accepted\s+and\s+)?(?:fully\s+|now\s+)?(?:implemented|completed?|done)\W*$
    """,
    re.I | re.X,
)
_NOT_QUITE_DONE = re.compile(
    r"\b(?:not|once|when|until|if|unless|part(?:s|ly|ially)?|some|most|expect\w*|will|would|being|nearly|almost|"
    r"yet|before|after|pending|ongoing|progress|scheduled|planned|aim\w*)\b|n['’]t\b|%|\?\W*$",
    re.I,
)


def _sentences(text: str) -> list[str]:
    """Sentences, with broken lines joined, because a “not” may end the line before."""
    joined: list[str] = []
    for line in (line.strip() for line in text.splitlines()):
        if (
            line
            and joined
            and not re.search(r"[.!?][\"'”’)\]]*$", joined[-1][-9:])
            and not _VERDICT_LINE.match(joined[-1])
        ):
            joined[-1] += f" {line}"
        elif line:
            joined.append(line)
    return [sentence for line in joined for sentence in _SENTENCE_END.split(line)]


def _about_another(sentence: str, reference: str) -> bool:
    """Whether the sentence names recommendations by number and this one is not among them."""
    own = _numbers(reference)
    if not own:
        return False
    named = {_numbers(found) for found in _NUMBERED.findall(sentence)}
    if len(own) > 1:
        alike = re.sub(r"\d", r"\\d", re.escape(reference))
        named |= {_numbers(found) for found in re.findall(rf"(?<!\d){alike}(?!\d)", sentence)}
    return bool(named) and own not in named


def _numbers(reference: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d{1,9}", reference))


def answer_of(text: str, reference: str) -> tuple[Answer | None, bool]:
    """The reply's answer, and whether it is contradictory, which gives no answer."""
    text = _QUOTED_IN_PART.sub(r"\1", text)
    found: set[Answer] = set()
    mixed = False
    if re.match(r"\W*(?:accept|agree)e?d?\W+(?:in\s+part|in\s+principle|part(?:ly|ially)?)\b", text, re.I):
        found.add("partly_accepted")
    for sentence in _sentences(text):
        about_another = _about_another(sentence, reference)
        if declines := _DECLINES.search(sentence):
            if about_another or _doubtful_refusal(sentence, declines):
                mixed = True
            else:
                found.add("declined")
            continue
        mixed = mixed or bool(_GOES_BACK.search(sentence))
        if not about_another and (agreed := _agreement(sentence)):
            found.add(agreed)
    if not found:
        return None, False
    if mixed or ("declined" in found and len(found) > 1):
        return None, True
    return next(answer for answer in ("declined", "partly_accepted", "accepted") if answer in found), False


def _doubtful_refusal(sentence: str, declines: re.Match[str]) -> bool:
    rest = sentence[: declines.start()] + sentence[declines.end() :]
    return bool(_REFUSAL_DOUBT.search(sentence) or re.search(r"\b(?:accept|agree)(?:s|d|ed)?\b", rest, re.I))


def _agreement(sentence: str) -> Answer | None:
    """The answer of a sentence without a refusal: accepted, in part, or None if in doubt."""
    if _PARTLY.search(sentence):
        return None if _doubtful(_LIMITS.sub("", sentence), len(sentence)) else "partly_accepted"
    accepts = _ACCEPTS.search(sentence)
    return "accepted" if accepts and not _doubtful(sentence, accepts.end()) else None


def _doubtful(sentence: str, end: int) -> bool:
    return bool(_DOUBT.search(sentence) or _DOUBT_NEAR.search(sentence[: end + _NEAR_CHARACTERS]))


def claims_done(text: str) -> bool:
    return any(_DONE.search(s) and not _NOT_QUITE_DONE.search(s) for s in _sentences(text))
