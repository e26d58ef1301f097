"""Making the drawn SVG fit for a page with a strict content security policy: only what is listed here stays."""

from __future__ import annotations

import re

from lxml import etree

SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
ELEMENTS = {"svg", "g", "path", "line", "rect", "circle", "text", "tspan", "a", "defs", "clipPath", "title"}
ATTRIBUTES = {
    *("viewBox", "width", "height", "transform", "d", "x", "y", "x1", "x2", "y1", "y2", "r", "cx", "cy", "display"),
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-miterlimit"),
    *("opacity", "text-anchor", "font-size", "font-weight", "aria-label", "aria-hidden", "pointer-events"),
}
LONG_NUMBER = re.compile(r"\d+\.\d{3,}")


def fit(svg: str, title: str, description: str) -> str:
    """Return the drawing without styles, scripts, classes, ids and foreign fonts, named for those who do not see it.

    Links keep only addresses within Remit; each carries its words as name and as tooltip. ValueError for no SVG.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(svg.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"The chart is no SVG: {error}") from error
    if root.tag != f"{{{SVG}}}svg":
        raise ValueError("The chart is no SVG.")
    for element in list(root.iter()):
        _clean(element)
    root.set("role", "group")
    root.set("aria-label", title)
    name = etree.Element(f"{{{SVG}}}desc")
    name.text = description
    root.insert(0, name)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="unicode")


def _clean(element: etree._Element) -> None:
    tag = etree.QName(element).localname if isinstance(element.tag, str) else ""
    drawn_nothing = tag == "path" and not element.get("d")
    if tag not in ELEMENTS or drawn_nothing:
        if (parent := element.getparent()) is not None:
            parent.remove(element)
        return
    link = element.get(XLINK_HREF) or element.get("href") or ""
    for name in list(element.attrib):
        if name not in ATTRIBUTES:
            del element.attrib[name]
        elif name in {"d", "transform"}:
            element.set(name, LONG_NUMBER.sub(_shorter, element.get(name) or ""))
    if tag == "a":
        _link(element, link)
    elif tag == "g":  # a group has no role of its own here, so it has no name either
        element.attrib.pop("aria-label", "")
    elif element.get("aria-label"):
        element.set("role", "img")


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _link(element: etree._Element, address: str) -> None:
    """Point a mark to an address within Remit, and name the link by its mark's words."""
    words = next((str(mark.attrib.pop("aria-label")) for mark in element if mark.get("aria-label")), "")
    inside = within(address)
    if inside:
        element.set("href", inside)
    if words:
        element.set("aria-label", words)
        tooltip = etree.Element(f"{{{SVG}}}title")
        tooltip.text = words
        element.insert(0, tooltip)


def within(address: str) -> str:
    """Take off the base that the drawing library puts before relative links; "" for an address outside Remit.

    The library's base ends in "/", so that "/findings/" arrives as "https://…//findings/".
    """
    path = address
    if not address.startswith("/"):
        base, doubled, path = address.removeprefix("https://").partition("//")
        path = f"/{path}" if doubled and base.startswith("vega.github.io/") else ""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""
