"""One table of what must not leave: a type and the form its values have.

Every form is anchored on a literal prefix and has bounded quantifiers, so that a search takes time
linear in the text. The prefixes are those the vendors document for their own keys (as of 2026-11).
"""

import re

from kagura_nb.records import Finding

SECRETS = {
    "OPENAI_KEY": r"sk-(?!ant-)(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,200}",
    "ANTHROPIC_KEY": r"sk-ant-[A-Za-z0-9_-]{20,200}",
    "GOOGLE_KEY": r"AIza[A-Za-z0-9_-]{35}",
    "AWS_KEY": r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "GITHUB_TOKEN": r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})",
    "GITLAB_TOKEN": r"glpat-[A-Za-z0-9_-]{20,64}",
    "HUGGING_FACE_TOKEN": r"hf_[A-Za-z0-9]{30,64}",
    "SLACK_TOKEN": r"xox[abeoprs]-[A-Za-z0-9-]{10,250}",
    "STRIPE_KEY": r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}",
    "JSON_WEB_TOKEN": r"eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{8,2000}",
}
# Unlike a token, a key block is one whatever it is glued to.
PRIVATE_KEY = (
    r"-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY-----"
    r"(?:[^-]|-(?!----)){0,20000}-----END (?:[A-Z]{2,12} ){0,2}PRIVATE KEY-----"
)
TOKENS = "|".join(f"(?P<{type}>{form})" for type, form in SECRETS.items())
PATTERN = re.compile(rf"(?<![A-Za-z0-9_-])(?:{TOKENS})|(?P<PRIVATE_KEY>{PRIVATE_KEY})")


def find(text: str) -> list[Finding]:
    """Everything in a text that must not leave, in order, without overlaps."""
    return [
        Finding(str(match.lastgroup), match.start(), match.end())
        for match in PATTERN.finditer(text)
    ]
