"""Generated JSON bodies that a parse and a rewrite would change: odd white
space, duplicate and unknown members, numbers and strings in every spelling.
Each is written as text, so that the test knows the bytes."""
import random

SPACES = [b"", b"", b"", b" ", b"  ", b"\n", b"\t", b"\r\n", b" \n\t "]
NUMBERS = [b"0", b"-0", b"1", b"1.0", b"1.10", b"1e5", b"1E+05", b"-2.5e-7", b"0.1",
           b"12345678901234567890123456789", b"9007199254740993", b"3.141592653589793238462643"]
# Pieces of string text between quotes: every escape, raw UTF-8, and things
# that look like JSON members.
TEXTS = [b"plain", b"", rb"\"model\": \"wrong\"", rb"{\"model\":\"wrong\"}", rb"\\", rb"\\\"",
         rb"\/", rb"\u0041\u00e9", rb"\ud83c\udf0d", "wörld 🌍".encode(), rb"\b\f\n\r\t",
         b"}{][,:", rb"end\\\\", b"model", b"\x7f", "\u2028".encode()]
MODEL_KEYS = [b'"model"', b'"model"', b'"model"', rb'"mod\u0065l"', rb'"\u006dodel"']

# What a body of each format must have besides `model`, to be of that format.
REQUIRED = {
    "anthropic": [b'"messages"', b'"max_tokens"'],
    "openai-chat": [b'"messages"'],
    "openai-responses": [b'"input"'],
    "gemini": [b'"contents"'],
    "embeddings": [b'"input"'],
    "completions": [b'"prompt"'],
}
PATHS = {
    "anthropic": "/v1/messages",
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "embeddings": "/v1/embeddings",
    "completions": "/v1/completions",
    "gemini": "/v1beta/models/{model}:generateContent",
}


class Body:
    """`text` of a request, and the ranges of the values of its top-level
    `model` members, of which the last one counts."""

    def __init__(self, text, model_ranges):
        self.text, self.model_ranges = text, model_ranges

    def with_model(self, name):
        """The text with every one of them replaced: an upstream whose parser
        takes the first must not see another name."""
        text = self.text
        for start, end in reversed(self.model_ranges):
            text = text[:start] + b'"' + name.encode() + b'"' + text[end:]
        return text


class Generator:
    def __init__(self, seed, model="asked-model"):
        self.random = random.Random(seed)
        self.model = model

    def request(self, kind, size=6):
        """A body of the format; `model` appears at least once (never in
        Gemini's), duplicates before the last one carry other names."""
        pick = self.random
        members = [(key, self.required_value(key)) for key in REQUIRED[kind]]
        members += [(self.string(b"x_"), self.value(3)) for _ in range(pick.randrange(size))]
        members += [(key, self.required_value(key)) for key in REQUIRED[kind]
                    if pick.random() < 0.1]
        pick.shuffle(members)
        if kind == "gemini":
            return Body(self.object(members)[0], [])
        places = [pick.randrange(len(members) + 1)]
        members.insert(places[0], (pick.choice(MODEL_KEYS), self.model_text()))
        if pick.random() < 0.15:
            places = [pick.randrange(places[0] + 1), places[0] + 1]
            members.insert(places[0], (pick.choice(MODEL_KEYS), b'"earlier"'))
        text, ranges = self.object(members)
        return Body(text, [ranges[place] for place in places])

    def answer(self, model):
        """Any JSON object with a top-level model."""
        members = [(self.string(b"x_"), self.value(3)) for _ in range(self.random.randrange(6))]
        place = self.random.randrange(len(members) + 1)
        members.insert(place, (b'"model"', b'"' + model.encode() + b'"'))
        text, ranges = self.object(members)
        return Body(text, [ranges[place]])

    def model_text(self):
        """The model name, now and then with an escape in it."""
        name = self.model
        if self.random.random() < 0.2:
            at = self.random.randrange(len(name))
            return b'"%s\\u%04x%s"' % (name[:at].encode(), ord(name[at]), name[at + 1:].encode())
        return b'"' + name.encode() + b'"'

    def required_value(self, key):
        text = self.string()
        if key == b'"max_tokens"':
            return b"64"
        if key == b'"contents"':
            return b'[{"role":"user" , "parts":[{"text":%s}]}]' % text
        if key == b'"messages"':
            extra = b', "x":' + self.value(2) if self.random.random() < 0.5 else b""
            return b'[ {"role":"user","content":%s%s}]' % (text, extra)
        return text

    def space(self):
        return self.random.choice(SPACES)

    def string(self, prefix=b""):
        count = self.random.randrange(4)
        return b'"' + prefix + b"".join(self.random.choice(TEXTS) for _ in range(count)) + b'"'

    def value(self, depth):
        kind = self.random.randrange(8 if depth else 5)
        if kind == 0:
            return self.random.choice([b"true", b"false", b"null"])
        if kind in (1, 2):
            return self.random.choice(NUMBERS)
        if kind in (3, 4):
            return self.string()
        if kind == 5:
            items = [self.space() + self.value(depth - 1) + self.space()
                     for _ in range(self.random.randrange(4))]
            return b"[" + b",".join(items) + b"]" if items else b"[" + self.space() + b"]"
        members = [(self.string(), self.value(depth - 1))
                   for _ in range(self.random.randrange(4))]
        if self.random.random() < 0.3:
            members.append((b'"model"', b'"nested"'))
        return self.object(members)[0]

    def object(self, members):
        """(text, byte range of each member's value)"""
        text, ranges = self.space() + b"{" + self.space(), []
        for number, (key, value) in enumerate(members):
            text += (b"," if number else b"") + self.space() + key + self.space() + b":"
            text += self.space()
            ranges.append((len(text), len(text) + len(value)))
            text += value + self.space()
        return text + b"}" + self.space(), ranges

    def split(self, data, pieces):
        """The data cut at random places, empty pieces left out."""
        cuts = sorted(self.random.randrange(len(data) + 1) for _ in range(pieces - 1))
        borders = [0, *cuts, len(data)]
        return [data[a:b] for a, b in zip(borders, borders[1:]) if a < b]
