"""What every page that we publish must hold in a browser.

Belongs here: expectations shared by report and summary. Does not belong here: the browser itself (`conftest.py`).
"""

from __future__ import annotations

from pathlib import Path

# WCAG contrast of every text element against the nearest opaque background.
CONTRAST = """() => {
  const rgb = (text) => {
    const n = text.match(/[\\d.]+/g).map(Number);
    return {c: n.slice(0, 3), a: n[3] ?? 1};
  };
  const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const lum = (c) => {
    const [r, g, b] = c.map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const back = (el) => {
    for (let e = el; e; e = e.parentElement) {
      const b = rgb(getComputedStyle(e).backgroundColor);
      if (b.a === 1) return b.c;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const el of document.querySelectorAll('body *')) {
    const own = [...el.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || el.closest('details:not([open])')) continue;
    const style = getComputedStyle(el);
    const isSvg = el instanceof SVGElement;
    if (isSvg && el.tagName !== 'text') continue;
    const text = rgb(isSvg ? style.fill : style.color).c;
    const [a, b] = [lum(text), lum(back(el))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${el.tagName} ${ratio.toFixed(2)} ${el.textContent.slice(0, 40)}`);
  }
  return bad;
}"""


def require_alone_and_fitting(browser, path: Path, *, width: int, scheme: str) -> None:
    """No console message, no request, no scrolling sideways, every text readable."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    messages, requests = [], []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert messages == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate(CONTRAST) == []
    page.close()
