"""Gemini in Google's Takeout: My Activity as JSON, one entry for a prompt with its reply.

    title: "Prompted …", "送信したメッセージ: …"    safeHtmlItem: [{html: the reply}]
    details: [{url: of the chat}]                    subtitles, attachedFiles: what was attached

The words around a prompt are in the user's language. The form is not published: it is as exports
of 2024 to 2026 have it in English and Japanese; in another language the whole title is the prompt.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange import markup
from kagura_nb.exchange.dialogue import Dialogue, Said, Spoken, moment
from kagura_nb.exchange.skips import FILES, IMAGES, Skip

Json = Mapping[str, Any]
GEMINI = re.compile(r"gemini|bard", re.IGNORECASE)
PROMPTS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        r"(?:Prompted(?: with:)?|Asked(?: Gemini:| Bard:)?|Said|Submitted query) (.*)",
        r"(?:送信したメッセージ|入力したプロンプト|送信したプロンプト|質問|プロンプト)\s*[:：](.*)",
        r"「(.*)」[^「」\n]{1,40}",
    )
)
OTHERS = re.compile(
    r"(?:Used|Created|Added|Gave|Selected|Shared|Deleted|Viewed|Visited|Edited|Pinned|Renamed) "
    r"|.{0,60}(?:使用しました|作成しました|共有しました|削除しました|表示しました)$"
)
"""What was done besides prompting."""
ATTACHED = re.compile(r"(?:Attached (\d{1,9}) files?\.?|添付ファイル ?[:：]? ?(\d{1,9}) ?件)\s*$")
CHAT = re.compile(r"https://gemini\.google\.com/app/(\w+)")
OTHER = Skip("activities that are no prompts")


def fits(value: Json) -> bool:
    """Whether an entry is an activity in Gemini."""
    products = value.get("products")
    named = [value.get("header"), *(products if isinstance(products, list) else ())]
    return "title" in value and "time" in value and any(GEMINI.search(str(one)) for one in named)


def dialogue(value: Json) -> Dialogue:
    """An entry; those of a chat have its name, where the export tells it."""
    details = value.get("details")
    urls = (one.get("url") for one in (details if isinstance(details, list) else ()))
    chats = [found[1] for url in urls if (found := CHAT.match(str(url)))]
    return Dialogue("gemini-apps", _said(value), chats[0] if chats else "", moment(value["time"]))


def _said(value: Json) -> Iterator[Spoken]:
    items = value.get("safeHtmlItem") or []
    pages = [one.get("html") for one in (items if isinstance(items, list) else [items])]
    replies = [markup.text(page) for page in pages if isinstance(page, str)]
    reply = "\n\n".join(said for said, _ in replies if said)
    prompt = _prompt(str(value["title"] or ""), bool(reply))
    if prompt is None:
        yield OTHER
        return
    asked, count = prompt
    attached = value.get("attachedFiles")
    count = len(attached) if isinstance(attached, list) else count
    yield from [FILES] * count
    yield from [IMAGES] * sum(images for _, images in replies)
    yield Said("user", asked)
    if reply:
        yield Said("assistant", reply)


def _prompt(title: str, answered: bool) -> tuple[str, int] | None:
    """The prompt in a title, and the number of files with it; None of another activity."""
    match = next((found for form in PROMPTS if (found := form.fullmatch(title))), None)
    if match is None and (OTHERS.match(title) or not answered):
        return None
    said = match[1] if match else title
    attached = ATTACHED.search(said)
    count = int(attached[1] or attached[2]) if attached else 0
    return ATTACHED.sub("", said).strip(), min(count, 1000)
