"""What the lists of vectors are written with."""

from builder import Bundle

CASES = []  # (name, lines of its head, its bytes)


def case(name, head, comment, keyring=None, plain=False, **bends):
    """`plain`: a plain bundle that the reader's configuration permits. All else bends the bundle."""
    if plain:
        head["plain"] = "accepted"
        bends["suite"] = 0
    if keyring:
        head["keyring"] = keyring
    CASES.append((name, {**head, "comment": comment}, Bundle(name, **bends).bytes()))


def accept(name, comment, **bends):
    case(name, {"expect": "accept"}, comment, **bends)


def refuse(name, reason, comment, field=None, **bends):
    case(name, {"expect": "refuse", "reason": reason, **({"field": field} if field else {})}, comment, **bends)


def flip(data, place=0, bit=1):
    data = bytearray(data)
    data[place] ^= bit
    return bytes(data)


def put(*path_and_value):
    """A bend of a document: the value at a path of keys."""
    *path, key, value = path_and_value

    def bend(document):
        for step in path:
            document = document[step]
        document[key] = value
    return bend


def drop(*path):
    *path, key = path

    def bend(document):
        for step in path:
            document = document[step]
        del document[key]
    return bend


def both(*bends):
    def bend(value):
        for it in bends:
            it(value)
    return bend


def resized(place, change):
    """A bend of the members: other content for one of them."""
    def bend(members):
        members[place][1] = change(members[place][1])
    return bend
