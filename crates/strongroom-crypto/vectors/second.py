#!/usr/bin/env python3
"""Computes the values of docs/spec/crypto.md a second time, with nothing in
common with the Rust code: ristretto255, OPRF, OPAQUE's registration, X-Wing,
HPKE and XChaCha20 from their specifications, the rest from the package
`cryptography` (48 or newer). Run it from anywhere; it needs no arguments, and
ends in one line and exit code 0, or in an AssertionError.
"""
import hashlib, hmac, json, pathlib, struct
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

HERE = pathlib.Path(__file__).resolve().parent
SPEC = (HERE / "../../../docs/spec/crypto.md").read_text()
TEST = (HERE / "../src/opaque/tests.rs").read_text()
checked = 0


def stands_in(text, value):
    """Asserts that a value stands in a document, whole or in quoted lines."""
    global checked
    digits = value.hex()
    assert digits in text or digits in text.replace("` `", ""), digits
    checked += 1


# Framing, hash, key derivation.

def u64(number):
    return number.to_bytes(8, "big")


def frame(label, parts=()):
    return b"".join(u64(len(p)) + p for p in (b"strongroom/v1/" + label, *parts))


def digest(label, parts):
    return hashlib.sha256(frame(label, parts)).digest()


def extract(hash, salt, ikm):
    return hmac.new(salt or bytes(hash().digest_size), ikm, hash).digest()


def expand(hash, prk, info, length):
    out, block, count = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([count]), hash).digest()
        out, count = out + block, count + 1
    return out[:length]


def derive(key, label, context, length):
    return expand(hashlib.sha512, extract(hashlib.sha512, b"", key), frame(label, context), length)


# XChaCha20-Poly1305 and the ChaCha20 stream.

def rounds(s):
    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            mixed = s[z] ^ s[x]
            s[z] = ((mixed << turn) | (mixed >> (32 - turn))) & 0xFFFFFFFF
    for _ in range(10):
        for column in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                       (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(*column)


def words(key, tail):
    return list(struct.unpack("<16I", b"expand 32-byte k" + key + tail))


def stream(key, length):
    out = b""
    for block in range(-(-length // 64)):
        start = words(key, struct.pack("<QQ", block, 0))
        end = start[:]
        rounds(end)
        out += struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(start, end)))
    return out[:length]


def seal(key, label, associated, plaintext, nonce):
    state = words(key, nonce[:16])
    rounds(state)
    subkey = struct.pack("<8I", *(state[:4] + state[12:]))
    aad = frame(label, associated)
    return ChaCha20Poly1305(subkey).encrypt(bytes(4) + nonce[16:], plaintext, aad)


# ristretto255 (RFC 9496) and its OPRF (RFC 9497).

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
I = pow(2, (P - 1) // 4, P)
AD1 = 25063068953384623474111414158702152701244531502492656460079210482610430750235
BASE = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")


def absolute(x):
    return P - x if x & 1 else x


def sqrt_ratio(u, v):
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    square, flipped = check == u % P, check == -u % P
    if flipped or check == -u * I % P:
        r = r * I % P
    return square or flipped, absolute(r)


INVSQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]


def decode(data):
    s = int.from_bytes(data, "little")
    assert s < P and not s & 1
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, i = sqrt_ratio(1, v * u2 * u2)
    dx = i * u2 % P
    x, y = absolute(2 * s * dx % P), u1 * i * dx * v % P
    assert square and y and not x * y % P & 1
    return x, y, 1, x * y % P


def encode(point):
    x, y, z, t = point
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    i = sqrt_ratio(1, u1 * u2 * u2)[1]
    d1, d2 = i * u1 % P, i * u2 % P
    inverse = d1 * d2 * t % P
    if t * inverse % P & 1:
        x, y, d2 = y * I % P, x * I % P, d1 * INVSQRT_A_MINUS_D % P
    if x * inverse % P & 1:
        y = P - y
    return absolute(d2 * (z - y) % P).to_bytes(32, "little")


def add(p, q):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = p, q
    a, b = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * t1 * t2 * D, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def expand_xmd(message, tag):
    tag += bytes([len(tag)])
    first = hashlib.sha512(bytes(128) + message + b"\x00\x40\x00" + tag).digest()
    return hashlib.sha512(first + b"\x01" + tag).digest()


def elligator(data):
    t = (int.from_bytes(data, "little") & (2**255 - 1)) % P
    r = I * t * t % P
    u, v = (r + 1) * (1 - D * D), (-1 - r * D) * (r + D)
    square, s = sqrt_ratio(u % P, v % P)
    c = -1 if square else r
    s = s if square else -absolute(s * t % P)
    n = c * (r - 1) * (D - 1) * (D - 1) - v
    w0, w1, w2, w3 = 2 * s * v, n * AD1, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


OPRF = b"OPRFV1-\x00-ristretto255-SHA512"


def hash_to_group(message):
    uniform = expand_xmd(message, b"HashToGroup-" + OPRF)
    return add(elligator(uniform[:32]), elligator(uniform[32:]))


def prefixed(data):
    return len(data).to_bytes(2, "big") + data


def derive_scalar(seed, info):
    return int.from_bytes(
        expand_xmd(seed + prefixed(info) + b"\x00", b"DeriveKeyPair" + OPRF), "little") % L


def check_primitives():
    nonce = stream(bytes(32), 24)
    raw = lambda seed: Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    stands_in(SPEC, frame(b"record-id", [b"ab", b""]))
    stands_in(SPEC, digest(b"ke1-hash", [b"part one", b"part two"]))
    stands_in(SPEC, hmac.digest(b"\x07" * 32, frame(b"record-id", [b"\x08" * 32]), "sha256"))
    stands_in(SPEC, derive(b"\x01" * 64, b"wrap-key", [b"vault", b"fleet"], 32))
    stands_in(SPEC, nonce)
    key, text = b"\x01" * 32, b"plaintext"
    stands_in(SPEC, seal(key, b"ticket-seal", [b"vault", b"slot"], text, nonce))
    once = ChaCha20Poly1305(key)
    stands_in(SPEC, once.encrypt(bytes(12), text, frame(b"tree-node-seal", [b"node"])))
    counter = bytes(4) + u64(0x0102030405060708)
    stands_in(SPEC, once.encrypt(counter, text, frame(b"peer-frame-seal")))
    stands_in(SPEC, raw(key))
    signing = Ed25519PrivateKey.from_private_bytes(key)
    stands_in(SPEC, signing.sign(frame(b"owner-success", [b"fleet", b"vault"])))
    vault, fleet, backup = b"\x02" * 32, b"\x03" * 32, b"\x05" * 32
    wrap_key = derive(b"\x01" * 64, b"wrap-key", [vault, fleet, b"\x04"], 32)
    stands_in(SPEC, seal(wrap_key, b"wrap-seal", [], backup, nonce))
    stands_in(SPEC, raw(derive(backup, b"owner-key", [fleet, vault], 32)))
    stands_in(SPEC, derive(backup, b"repository-key", [], 32))
    argon2 = Argon2id(salt=bytes(16), length=64, iterations=3, lanes=4, memory_cost=65536)
    stands_in(SPEC, argon2.derive(b"\x2a" * 64))


def check_registration():
    """The test `golden_registration`: its generator is the stream of 01*32."""
    slot, password = b"\x07" * 64, b"correct horse"
    server, client = b"\x03" * 32, b"\x02" * 48
    random = stream(b"\x01" * 32, 96)
    blind, nonce = int.from_bytes(random[:64], "little") % L, random[64:]
    oprf_seed = derive(slot, b"slot-oprf", [], 64)
    oprf_key = derive_scalar(
        expand(hashlib.sha512, oprf_seed, b"OprfKey", 32), b"OPAQUE-DeriveKeyPair")
    pair = b"OPAQUE-DeriveDiffieHellmanKeyPair"
    private = derive_scalar(derive(slot, b"slot-server-key", [], 32), pair)
    public = encode(multiply(private, decode(BASE)))

    element = hash_to_group(password)
    request = encode(multiply(blind, element))
    response = encode(multiply(oprf_key, decode(request))) + public
    for document in (SPEC, TEST):
        stands_in(document, request)
        stands_in(document, response)

    unblinded = encode(multiply(oprf_key, element))
    output = hashlib.sha512(prefixed(password) + prefixed(unblinded) + b"Finalize").digest()
    randomized = extract(hashlib.sha512, b"", output + output)
    branch = lambda info, length: expand(hashlib.sha512, randomized, info, length)
    scalar = derive_scalar(branch(nonce + b"PrivateKey", 32), pair)
    client_public = encode(multiply(scalar, decode(BASE)))
    bound = nonce + public + prefixed(server) + prefixed(client)
    tag = hmac.digest(branch(nonce + b"AuthKey", 64), bound, "sha512")
    stands_in(TEST, client_public + branch(b"MaskingKey", 64) + nonce + tag)
    stands_in(TEST, branch(nonce + b"ExportKey", 64))


def check_channel():
    global checked
    file = json.loads((HERE / "channel.json").read_text())
    field = lambda name, record=file: bytes.fromhex(record[name])
    seeds = hashlib.shake_256(field("key_seed")).digest(96)
    lattice = MLKEM768PrivateKey.from_seed_bytes(seeds[:64])
    curve = X25519PrivateKey.from_private_bytes(seeds[64:])
    curve_public = curve.public_key().public_bytes_raw()
    public = lattice.public_key().public_bytes_raw() + curve_public
    assert public == field("public_key")
    assert digest(b"channel-key-id", [public])[:8] == field("key_id")
    assert frame(b"channel-request-info", [b"fleet", b"node"]) == field("info")

    enc = field("encapsulated_key")
    shared = lattice.decapsulate(enc[:1088])
    shared += curve.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
    shared = hashlib.sha3_256(shared + enc[1088:] + curve_public + rb"\.//^" + b"\\").digest()

    suite, hash = b"HPKE" + bytes.fromhex("647a00010003"), hashlib.sha256
    labeled_extract = lambda salt, label, ikm: extract(
        hash, salt, b"HPKE-v1" + suite + label + ikm)
    labeled_expand = lambda prk, label, info, length: expand(
        hash, prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)
    context = b"\x00" + labeled_extract(b"", b"psk_id_hash", b"")
    context += labeled_extract(b"", b"info_hash", field("info"))
    secret = labeled_extract(shared, b"secret", b"")
    key = labeled_expand(secret, b"key", context, 32)
    base_nonce = labeled_expand(secret, b"base_nonce", context, 12)
    exporter = labeled_expand(secret, b"exp", context, 32)
    export = lambda label, length: labeled_expand(exporter, b"sec", frame(label), length)
    assert export(b"channel-context-id", 16) == field("context_id")

    answer_secret = export(b"channel-answer-secret", 32)
    enc_hash = digest(b"channel-encapsulated-hash", [enc])
    for number, message in enumerate(file["messages"]):
        part = lambda name: field(name, message)
        nonce = bytes(a ^ b for a, b in zip(base_nonce, bytes(4) + u64(number)))
        sealed = ChaCha20Poly1305(key).encrypt(nonce, part("request"), part("aad"))
        assert sealed == part("sealed_request")
        answer = part("sealed_answer")
        both = derive(answer_secret, b"channel-answer-key", [enc_hash, answer[:32], u64(number)], 44)
        opened = ChaCha20Poly1305(both[:32]).decrypt(both[32:], answer[32:], part("answer_aad"))
        assert opened == part("answer")
        checked += 2
    checked += 4


check_primitives()
check_registration()
check_channel()
print(f"{checked} values met")
