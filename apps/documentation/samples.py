"""A request in curl, Python, JavaScript and PHP, from the examples of an operation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KEY = "lomi_sk_test_…"


@dataclass(frozen=True, slots=True)
class Sample:
    language: str
    code: str


def samples_of(
    *, url: str, method: str, parameters: Sequence[Mapping[str, Any]], body: Any, is_public: bool
) -> tuple[Sample, ...]:
    """What to type; `body` is the example of the request, None when it has none."""
    headers = {} if is_public else {"Authorization": f"Bearer {KEY}"}
    headers |= {one["name"]: str(one["example"]) for one in parameters if one["in"] == "header"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    for one in parameters:
        if one["in"] == "path" and "example" in one:
            url = url.replace(f"{{{one['name']}}}", str(one["example"]))
    return (
        Sample("curl", _curl(url, method, headers, body)),
        Sample("Python", _python(url, method, headers, body)),
        Sample("JavaScript", _javascript(url, method, headers, body)),
        Sample("PHP", _php(url, method, headers, body)),
    )


def _curl(url: str, method: str, headers: Mapping[str, str], body: Any) -> str:
    lines = [f'curl "{url}"' if method == "GET" else f'curl -X {method} "{url}"']
    lines += [f'-H "{name}: {value}"' for name, value in headers.items()]
    if body is not None:
        quoted = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
        lines.append(f"-d '{quoted}'")
    return " \\\n  ".join(lines)


def _python(url: str, method: str, headers: Mapping[str, str], body: Any) -> str:
    lines = [
        "import requests",
        "",
        "answer = requests.request(",
        f'    "{method}",',
        f'    "{url}",',
    ]
    lines.append(f"    headers={_indented(json.dumps(headers, indent=4, ensure_ascii=False))},")
    if body is not None:
        lines.append(f"    json={_indented(_python_literal(body))},")
    return "\n".join([*lines, "    timeout=30,", ")", "answer.raise_for_status()"])


def _python_literal(body: Any) -> str:
    text = json.dumps(body, indent=4, ensure_ascii=False)
    for word, python in (("true", "True"), ("false", "False"), ("null", "None")):
        text = text.replace(f": {word}", f": {python}")
    return text


def _javascript(url: str, method: str, headers: Mapping[str, str], body: Any) -> str:
    lines = [f'const answer = await fetch("{url}", {{', f'  method: "{method}",']
    lines.append(f"  headers: {_indented(json.dumps(headers, indent=2, ensure_ascii=False), 2)},")
    if body is not None:
        text = _indented(json.dumps(body, indent=2, ensure_ascii=False), 2)
        lines.append(f"  body: JSON.stringify({text}),")
    return "\n".join([*lines, "});", "const found = await answer.json();"])


def _php(url: str, method: str, headers: Mapping[str, str], body: Any) -> str:
    lines = [f'$request = curl_init("{url}");', "curl_setopt_array($request, ["]
    lines.append(f'    CURLOPT_CUSTOMREQUEST => "{method}",')
    sent = "".join(f"\n        {_php_text(f'{name}: {value}')}," for name, value in headers.items())
    lines.append(f"    CURLOPT_HTTPHEADER => [{sent}\n    ],")
    if body is not None:
        text = _php_text(json.dumps(body, ensure_ascii=False))
        lines.append(f"    CURLOPT_POSTFIELDS => {text},")
    lines += ["    CURLOPT_RETURNTRANSFER => true,", "    CURLOPT_TIMEOUT => 30,", "]);"]
    return "\n".join([*lines, "$found = json_decode(curl_exec($request), true);"])


def _php_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _indented(text: str, width: int = 4) -> str:
    return text.replace("\n", "\n" + " " * width)
