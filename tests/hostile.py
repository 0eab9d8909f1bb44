"""Hostile text: what a name must not be able to do, by what it tries."""

HOSTILE = {
    "a command": "=cmd|' /C calc'!A0", "plus": "+1+1", "minus": "-2+3", "at": "@SUM(A1)", "tab": "\t=1", "return": "\r=1", "line feed": "\n=1",
    "pipe first": "|calc", "full width": "＝1+1", "blank": " =1+1", "hard blank": "\u00a0@x", "zero width": "\u200b=1", "nul first": "\x00=1",
    "script": "<script>alert(1)</script>", "picture": '"><img src=x onerror=alert(1)>', "javascript": "javascript:alert(1)",
    "handler": "' onmouseover='alert(1)", "entity": "&lt;b&gt;&amp;", "comment": "<!-- x", "end of style": "</style></script><b>",
    "rich": "[red]x[/red]", "rich end": "[/nope]", "rich link": "[link=https://evil.example]x[/link]", "rich emoji": ":skull:", "rich escape": "\\[red]",
    "csi": "\x1b[31mred\x1b[2J", "clipboard": "\x1b]52;c;eA==\x07", "link": "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\", "title": "\x1b]0;t\x07",
    "c1": "\x9b31mx", "nul": "a\x00b", "bell": "a\x07b", "backspace": "abc\x08\x08xyz", "delete": "a\x7fb", "override": "\u202etxt.exe", "isolate": "\u2066x\u2069",
    "arabic mark": "\u061cx", "invisible": "z\u200bw\u200d\ufeff", "combining": "e" + "\u0301" * 100, "long": "L" * 10_000, "emoji": "👩‍👩‍👧‍👦🇱🇻", "quote": 'say "hi"',
    "apostrophe": "it's", "backtick": "`rm -rf`", "pipe": "a|b", "two lines": "one\ntwo", "windows lines": "one\r\ntwo", "next line": "a\u2028b\u2029c\x85d",
    "field": "{segment}", "percent": "%s%n%(x)s", "template": "{{7*7}}{% raw %}", "shell": "${HOME}$(id)", "bold": "**b** _i_ ~~s~~",
    "md picture": "![x](http://e.example/x.png) [y](javascript:1)", "address": "https://evil.example/x www.evil.example", "heading": "# x", "list": "1. x",
    "no character": "a\ufffeb\uffff", "null": "NULL", "backslash": "\\", "xlsx escape": "_x000D_ _x005F_", "sheet": "a/b?*[x]:y", "traversal": "../../etc/passwd",
}  # fmt: skip


def batches(longest: int) -> list[str]:
    """All of it in a few texts of no more characters than that."""
    found = [""]
    for text in HOSTILE.values():
        if len(text) <= longest:
            found += [""] * (len(found[-1]) + len(text) > longest)
            found[-1] += text
    return found
