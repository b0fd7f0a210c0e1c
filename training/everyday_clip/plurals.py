"""The plurals of names, as captions write them."""


def plural(name: str) -> str:
    """The plural of the noun a name starts or ends with: "slices of cake", "foxes"."""
    for joint in (" of ", " with ", " in ", " on ", " wearing ", " without "):
        if joint in name:
            head, tail = name.split(joint, 1)
            return plural(head) + joint + tail
    if name.endswith(("s", "x", "ch", "sh")):
        return name if name.endswith("s") else name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"
