"""Verifies an auditor's log and delivery units with the package aics-tlog.

Nothing of Strongroom's code is in here: what is read is what docs/spec says of the files.

    verify.py log PUBLIC_DIR KEYS [OLDER]   the checkpoint, every tile and entry, and growth from an older checkpoint
    verify.py units KEYS < UNITS            a line for each unit: ok, or the cause
"""

import hashlib
import sys
from pathlib import Path

import aics_tlog as tlog

HEADER = b"strongroom.example/delivery/v1\n"


class Refused(Exception):
    """Why something is not believed."""


class Keys:
    """The lines of a trust root that name keys."""

    def __init__(self, path):
        self.of = {}
        witnesses = []
        quorum = 0
        for line in Path(path).read_text().splitlines():
            match line.split(" "):
                case ["log", key]:
                    self.log = tlog.parse_vkey(key)
                case [("operator" | "auditor") as party, ("bundle" | "status") as kind, key]:
                    self.of[party, kind] = tlog.parse_vkey(key)
                case ["witness", _, key]:
                    witnesses.append(tlog.parse_vkey(key))
                case ["group", "witnesses", count, *_]:
                    quorum = int(count)
        self.policy = tlog.WitnessPolicy(quorum=quorum, witnesses=tuple(witnesses))

    def open(self, text, party, kind):
        """What a party signed, once its line verifies."""
        note = tlog.parse_note(text)
        if not tlog.verify_note(note, [self.of[party, kind]]):
            raise Refused(f"the {party} did not sign the {kind}")
        return note.text.encode()

    def open_twice(self, text, kind):
        """The leaf that the operator signed, and the body that the auditor signed."""
        leaf = self.open(text, "operator", kind)
        return leaf, self.open(leaf, "auditor", kind)

    def open_checkpoint(self, text):
        """The log's head, once log and witnesses verify."""
        note = tlog.parse_note(text)
        head = tlog.verify_checkpoint(note, self.log, policy=self.policy, expected_origin=self.log.name)
        if not head.ok:
            raise Refused(head.error)
        return head

    def included(self, proof, leaf):
        """Verifies a C2SP tlog-proof of a leaf, and gives its checkpoint."""
        head, blank, checkpoint = proof.partition(b"\n\n")
        first, index, *path = head.decode().split("\n")
        if not blank or first != "c2sp.org/tlog-proof@v1" or not index.startswith("index "):
            raise Refused("the proof has another form")
        log = self.open_checkpoint(checkpoint)
        hashes = [tlog.note.b64_decode(line) for line in path]
        index = int(index.removeprefix("index "))
        if not tlog.verify_leaf_inclusion(leaf, index, log.size, hashes, log.root):
            raise Refused("the leaf does not stand there")
        return checkpoint

    def verify_unit(self, unit):
        """Signatures, checkpoint, witnesses and inclusion, and that the status names the bundle."""
        found = sections(unit)
        bundle, body = self.open_twice(found["bundle"], "bundle")
        status, status_body = self.open_twice(found["status"], "status")
        one = self.included(found["bundle-proof"], bundle)
        other = self.included(found["status-proof"], status)
        if one != other:
            raise Refused("two checkpoints")
        if f" sha256:{hashlib.sha256(body).hexdigest()}\n".encode() not in status_body:
            raise Refused("the status names another bundle")


def sections(unit):
    """Splits a delivery unit."""
    if not unit.startswith(HEADER):
        raise Refused("header")
    rest = unit.removeprefix(HEADER)
    found = {}
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, length = line.decode().split(" ")
        length = int(length)
        if not 0 <= length <= len(rest):
            raise Refused("section")
        found[name], rest = rest[:length], rest[length:]
    return found


def verify_log(folder, keys, older):
    """The root over all tiles, every entry against them, and consistency with an older checkpoint."""
    head = keys.open_checkpoint((folder / "checkpoint").read_bytes())
    reader = tlog.FileSystemTileReader(folder)
    tlog.audit_tiles(reader, head.size, head.root)
    if older is not None:
        before = keys.open_checkpoint(older.read_bytes())
        proof = tlog.consistency_proof_from_tiles(reader, before.size, head.size)
        if not tlog.verify_consistency(before.size, head.size, before.root, head.root, proof):
            raise Refused("the log did not grow out of the older checkpoint")
    print("ok", head.size)


def verify_units(keys):
    """Reads units, each led by its length in four bytes."""
    while length := sys.stdin.buffer.read(4):
        unit = sys.stdin.buffer.read(int.from_bytes(length, "big"))
        try:
            keys.verify_unit(unit)
            print("ok")
        except (Refused, ValueError, KeyError) as cause:
            print(type(cause).__name__, *str(cause).split())


def main():
    match sys.argv[1:]:
        case ["log", folder, keys, *older] if len(older) < 2:
            verify_log(Path(folder), Keys(keys), Path(older[0]) if older else None)
        case ["units", keys]:
            verify_units(Keys(keys))
        case _:
            sys.exit("usage: verify.py log PUBLIC_DIR KEYS [OLDER] | verify.py units KEYS < UNITS")


main()
