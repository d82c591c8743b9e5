#!/usr/bin/env python3
"""Verifies an export of a Syntropism economy without the project's code; standard library only (Python 3.9 or newer).

    python3 verify_export.py FOLDER [--at SEQ] [--head HASH] [--json]

What is shown, for every sequence number of the export:
  start + granted + rewarded - burned = balances of all agents + open holds, in whole micro-credits.
And beside it: the hash chain over the records, numbers without gaps, two ledger lines for each entry that sum to zero per asset,
one entry for each transfer and the reverse, no account below zero, a named human's score for each reward, certificates and receipts that
agree with what was burned and returned, and the balances that the economy states at its end.

Exit codes: 0 nothing found; 1 something found, each finding with a name; 2 wrong use.
"""

import argparse
import hashlib
import json
import os
import sys

GENESIS_HASH = "0" * 64
FINDINGS_MAX = 20
# Accounts that give what was not there before; all others may not go below zero.
SOURCES = ("mint",)


class Stop(Exception):
    """Enough findings, or nothing more that could be read."""


class Report:
    """Findings by name, in the order in which they were made."""

    def __init__(self):
        self.findings = []

    def find(self, name, where, detail):
        self.findings.append({"name": name, "where": where, "detail": detail})
        if len(self.findings) >= FINDINGS_MAX:
            raise Stop()


def sha256_file(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def reject_constant(name):
    raise ValueError("%s is no JSON" % name)


def parse(text):
    return json.loads(text, parse_constant=reject_constant)


def read_lines(folder, name, report):
    """Values of a file with one JSON text a line, with the line's number."""
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        report.find("file_missing", name, "the export has no such file")
        return
    with open(path, encoding="utf-8", newline="\n") as file:
        try:
            for number, line in enumerate(file, 1):
                yield number, parse(line)
        except (ValueError, UnicodeDecodeError) as error:
            report.find("line_unreadable", name, str(error))
            raise Stop()


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def event_id_of(economy_id, seq):
    """UUIDv8: 78 bits of the economy id's hash, then the 48-bit sequence number."""
    digest = hashlib.sha256(economy_id.encode("utf-8")).hexdigest()
    return "%s-%s-8%s-8%s-%012x" % (digest[:8], digest[8:12], digest[12:15], digest[15:18], seq)


class Book:
    """Credits as the transfers tell them: by agent, by hold, minted and burned."""

    def __init__(self, report):
        self.report = report
        self.granted = self.rewarded = self.burned = 0
        self.balances = {}
        self.holds = {}
        self.sum_balances = self.sum_holds = 0

    def change(self, agent, amount, seq):
        left = self.balances.get(agent, 0) + amount
        self.balances[agent] = left
        self.sum_balances += amount
        if left < 0:
            self.report.find("overdrawn", "sequence %d" % seq, "%s is at %d micro-credits" % (agent, left))

    def change_hold(self, hold_id, agent, amount, seq):
        owner, left = self.holds.get(hold_id, (agent, 0))
        left += amount
        self.sum_holds += amount
        if owner != agent or left < 0:
            self.report.find("hold_overdrawn", "sequence %d" % seq, "hold %s of %s is at %d micro-credits, moved by %s" % (hold_id, owner, left, agent))
        if left == 0:
            self.holds.pop(hold_id, None)
        else:
            self.holds[hold_id] = (owner, left)

    def move(self, data, seq):
        amount = data["amount_micro"]
        for side, sign in (("from", -1), ("to", 1)):
            agent, account = data[side + "_agent"], data[side + "_account"]
            if account == "balance":
                self.change(agent, sign * amount, seq)
            elif account == "holds":
                self.change_hold(data["hold_id"], agent, sign * amount, seq)
            elif account == "burn":
                self.burned += sign * amount
            elif account == "mint" and side == "from" and data["purpose"] == "reward":
                self.rewarded += amount
            elif account == "mint" and side == "from" and data["purpose"] == "grant":
                self.granted += amount
            else:
                self.report.find("mint_unexplained", "sequence %d" % seq, "%s of %s for %s" % (account, agent, data["purpose"]))

    def check(self, start, seq):
        left = start + self.granted + self.rewarded - self.burned
        right = self.sum_balances + self.sum_holds
        if left != right:
            self.report.find("supply_differs", "sequence %d" % seq, "start + minted - burned is %d, balances + holds are %d" % (left, right))

    def figures(self, seq):
        return {
            "seq": seq,
            "start_micro": 0,
            "granted_micro": self.granted,
            "rewarded_micro": self.rewarded,
            "burned_micro": self.burned,
            "balances_micro": self.sum_balances,
            "holds_micro": self.sum_holds,
        }


class Ledger:
    """The entries of the book, read beside the transfers: two lines each."""

    def __init__(self, folder, report):
        self.report = report
        self.lines = read_lines(folder, "ledger.jsonl", report)
        self.balances = {}
        self.entries = 0
        self.place = (0, 0)
        self.ahead = None
        self.step()

    def step(self):
        """Reads the next entry into `ahead`, None at the end."""
        pair = []
        for number, line in self.lines:
            pair.append(line)
            if len(pair) == 2:
                break
        if not pair:
            self.ahead = None
            return
        where = "ledger.jsonl, entry %s" % pair[0].get("entry_id")
        if len(pair) == 1 or pair[0]["entry_id"] != pair[1]["entry_id"]:
            self.report.find("entry_incomplete", where, "an entry has two lines")
            raise Stop()
        self.entries += 1
        if pair[0]["entry_id"] != self.entries:
            self.report.find("entry_missing", where, "entry %d was due" % self.entries)
            self.entries = pair[0]["entry_id"]
        if not all(is_whole(line["amount"]) for line in pair) or pair[0]["amount"] + pair[1]["amount"] != 0:
            self.report.find("entry_unbalanced", where, "%s and %s do not sum to zero" % (pair[0]["amount"], pair[1]["amount"]))
        wrong = [key for key in pair[0] if key not in ("account", "amount") and pair[0][key] != pair[1].get(key)]
        if wrong:
            self.report.find("entry_inconsistent", where, "its two lines differ in %s" % ", ".join(wrong))
        if (pair[0]["seq"], pair[0]["at_ms"]) < self.place:
            self.report.find("entry_out_of_order", where, "it stands before an entry of an earlier event")
        self.place = (pair[0]["seq"], pair[0]["at_ms"])
        for line in pair:
            self.post(line, where)
        self.ahead = pair

    def post(self, line, where):
        key = (line["asset"], line["account"])
        left = self.balances.get(key, 0) + line["amount"]
        if left == 0:
            self.balances.pop(key, None)
        else:
            self.balances[key] = left
        if left < 0 and line["account"] not in SOURCES and not line["account"].endswith(":offered"):
            self.report.find("account_overdrawn", where, "%s of %s is at %d" % (line["account"], line["asset"], left))

    def other_assets(self):
        """Passes over entries of other assets than credits."""
        while self.ahead is not None and self.ahead[0]["asset"] != "credits":
            self.step()

    def match(self, event, data):
        """The entry of a transfer must be the next one of credits and say the same."""
        self.other_assets()
        where = "sequence %d" % event["seq"]
        if self.ahead is None or self.ahead[0]["entry_id"] > data["entry_id"]:
            self.report.find("transfer_without_entry", where, "entry %d is not in the ledger" % data["entry_id"])
            return
        given, got = self.ahead
        names = {"balance": "agent:%s", "holds": "holds", "mint": "mint", "burn": "burn"}
        expected = [names.get(data[side + "_account"], "?") for side in ("from", "to")]
        expected = [name % data[side + "_agent"] if "%s" in name else name for name, side in zip(expected, ("from", "to"))]
        told = (data["entry_id"], event["seq"], event["at_ms"], expected[0], -data["amount_micro"], expected[1], data["amount_micro"], data["purpose"], data["transfer_id"], event["cause_id"])
        kept = (given["entry_id"], given["seq"], given["at_ms"], given["account"], given["amount"], got["account"], got["amount"], given["purpose"], given["transfer_id"], given["cause_id"])
        if told != kept:
            self.report.find("entry_differs", where, "the transfer says %r, the ledger %r" % (told, kept))
        self.step()

    def finish(self):
        self.other_assets()
        while self.ahead is not None:
            self.report.find("entry_without_transfer", "ledger.jsonl, entry %d" % self.ahead[0]["entry_id"], "no transfer of credits tells of it")
            self.step()
            self.other_assets()
        totals = {}
        for (asset, _account), amount in self.balances.items():
            totals[asset] = totals.get(asset, 0) + amount
        for asset, total in sorted(totals.items()):
            if total != 0:
                self.report.find("asset_unbalanced", asset, "all accounts together are at %d" % total)


def movements_in(event):
    """Every movement of credits that an event tells of, as `credits_transferred` tells one."""
    data = event["data"]
    if event["type"] == "credits_transferred":
        return [data]
    if event["type"] != "transfers_posted":
        return []
    first_entry, first_number = data["first_entry_id"], data["first_transfer_number"]
    return [
        dict(one, entry_id=first_entry + place, from_account="balance", hold_id=None, to_account="balance", transfer_id="transfer-%d" % (first_number + place))
        for place, one in enumerate(data["transfers"])
    ]


class Claims:
    """What other events say about credits: each mint, payment and refund must be told twice."""

    def __init__(self, report):
        self.report = report
        self.open = {}

    def told(self, kind, key, amount, sign, seq):
        """Adds on one side, takes on the other; what is left at the end was told once only."""
        slot = (kind,) + key
        amount_left, first = self.open.get(slot, (0, seq))
        amount_left += sign * amount
        if amount_left == 0:
            self.open.pop(slot, None)
        else:
            self.open[slot] = (amount_left, first)

    def take(self, event):
        kind, data, seq = event["type"], event["data"], event["seq"]
        if kind == "credits_transferred":
            amount, purpose = data["amount_micro"], data["purpose"]
            if data["from_account"] == "mint":
                self.told(purpose, (data["to_agent"],), amount, 1, seq)
            elif purpose == "resource_burn":
                self.told("payment", (data["hold_id"],), amount, 1, seq)
            elif purpose == "lease_refund":
                self.told("refund", (data["entry_id"],), amount, 1, seq)
        elif kind == "human_reward_issued":
            if not data["human_id"]:
                self.report.find("mint_unexplained", "sequence %d" % seq, "a reward without a human's name")
            self.told("reward", (data["agent_id"],), data["credits_awarded_micro"], -1, seq)
        elif kind == "agent_created":
            self.told("grant", (data["agent_id"],), data["grant_micro"], -1, seq)
        elif kind == "operator_acted" and data["action"] == "fund":
            self.told("grant", (data["agent_id"],), data["details"]["amount_micro"], -1, seq)
        elif kind == "market_cleared":
            for winner in data["certificate"]["winners"]:
                # A prompt's credits stay in hold when it is shown; they burn with its score.
                quantities = winner["quantities"]
                is_prompt = quantities["cpu"] == quantities["memory"] == quantities["llm"] == 0 and ("payment", winner["bid_id"]) not in self.open
                if winner["payment_micro"] > 0 and not is_prompt:
                    self.told("payment", (winner["bid_id"],), winner["payment_micro"], -1, seq)
        elif kind == "execution_terminated" and data["refunded_micro"] > 0:
            # The refund is the last of the entries that a receipt names.
            self.told("refund", (data["entry_ids"][-1],), data["refunded_micro"], -1, seq)

    def finish(self):
        names = {"grant": "mint_unexplained", "reward": "mint_unexplained", "payment": "payment_differs", "refund": "refund_differs"}
        for slot, (amount, seq) in self.open.items():
            self.report.find(names.get(slot[0], "mint_unexplained"), "sequence %d" % seq, "%s: %d micro-credits are told on one side only" % (" ".join(map(str, slot)), amount))


def copies(folder, name, report):
    """Rows of a table that an export may hold beside the records, or None."""
    return read_lines(folder, name, report) if os.path.exists(os.path.join(folder, name)) else None


class Copies:
    """events.jsonl, prices.jsonl and receipts.jsonl must say what the records say."""

    def __init__(self, folder, report):
        self.report = report
        self.tables = {name: copies(folder, name + ".jsonl", report) for name in ("events", "prices", "receipts")}

    def next_of(self, name, seq):
        _number, row = next(self.tables[name], (0, None))
        if row is None:
            self.report.find("row_missing", name + ".jsonl", "nothing for sequence %d" % seq)
            self.tables[name] = None
        return row

    def take(self, event):
        if self.tables["events"] is not None:
            row = self.next_of("events", event["seq"])
            if row is not None and row != event:
                self.report.find("row_differs", "events.jsonl, sequence %d" % event["seq"], "the record says otherwise")
        table = {"price_update": "prices", "execution_terminated": "receipts"}.get(event["type"])
        if table is None or self.tables[table] is None:
            return
        row = self.next_of(table, event["seq"])
        if row is None:
            return
        told = dict(event["data"], seq=event["seq"], at_ms=event["at_ms"])
        wrong = [key for key, value in row.items() if told.get(key) != value]
        if wrong:
            self.report.find("row_differs", "%s.jsonl, sequence %d" % (table, event["seq"]), "other in %s" % ", ".join(wrong))

    def finish(self):
        for name, rows in self.tables.items():
            if rows is not None and next(rows, None) is not None:
                self.report.find("row_without_event", name + ".jsonl", "more rows than the records have")


class Verifier:
    def __init__(self, folder, report, at=None):
        self.folder, self.report, self.at = folder, report, at
        self.book = Book(report)
        self.claims = Claims(report)
        self.copies = Copies(folder, report)
        self.ledger = Ledger(folder, report)
        self.economy_id = None
        self.seq = self.at_ms = self.records = 0
        self.head = GENESIS_HASH
        self.figures_at = None

    def record(self, line):
        where = "record %s" % line.get("number")
        if line["number"] != self.records + 1:
            self.report.find("record_missing", where, "record %d was due" % (self.records + 1))
        if line["previous_hash"] != self.head:
            self.report.find("chain_broken", where, "it does not name the hash of the record before it")
        bytes_covered = "\n".join((line["previous_hash"], line["commands"], line["events"])).encode("utf-8", "surrogatepass")
        if hashlib.sha256(bytes_covered).hexdigest() != line["hash"]:
            self.report.find("hash_differs", where, "its bytes do not have the hash it names")
        self.records, self.head = line["number"], line["hash"]
        try:
            events = parse(line["events"])
        except ValueError as error:
            self.report.find("line_unreadable", where, str(error))
            raise Stop()
        for event in events:
            self.event(event)

    def event(self, event):
        where = "sequence %s" % event.get("seq")
        if event["seq"] != self.seq + 1:
            self.report.find("sequence_gap", where, "sequence %d was due" % (self.seq + 1))
        if event["at_ms"] < self.at_ms:
            self.report.find("time_runs_back", where, "%d after %d" % (event["at_ms"], self.at_ms))
        self.seq, self.at_ms = event["seq"], event["at_ms"]
        if event["type"] in ("economy_created", "economy_forked"):
            if event["type"] == "economy_forked" and event["data"]["parent_economy_id"] != self.economy_id:
                self.report.find("fork_differs", where, "it names another parent")
            self.economy_id = event["data"]["economy_id"]
        if self.economy_id is None or event["event_id"] != event_id_of(self.economy_id, event["seq"]):
            self.report.find("event_id_differs", where, "it is not the id of this event of this economy")
        for movement in movements_in(event):
            amount = movement["amount_micro"]
            if not is_whole(amount) or amount <= 0:
                self.report.find("amount_wrong", where, "a transfer moves a positive whole amount, not %r" % (amount,))
                raise Stop()
            self.ledger.match(event, movement)
            self.book.move(movement, event["seq"])
        self.claims.take(event)
        self.copies.take(event)
        self.book.check(0, event["seq"])
        if event["seq"] == self.at:
            self.figures_at = self.book.figures(self.at)

    def stated(self):
        """Balances and holds that the economy states at its end, against those the records come to."""
        accounts = {}
        for _number, line in read_lines(self.folder, "accounts.jsonl", self.report):
            if line["balance"] != 0:
                accounts[(line["asset"], line["account"])] = line["balance"]
        for key in sorted(set(accounts) | set(self.ledger.balances)):
            told, kept = accounts.get(key, 0), self.ledger.balances.get(key, 0)
            if told != kept:
                self.report.find("balance_differs", "%s of %s" % (key[1], key[0]), "stated %d, the entries come to %d" % (told, kept))
        for agent, balance in sorted(self.book.balances.items()):
            told = accounts.get(("credits", "agent:" + agent), 0)
            if told != balance:
                self.report.find("balance_differs", agent, "stated %d, the transfers come to %d" % (told, balance))
        holds = {}
        for _number, line in read_lines(self.folder, "holds.jsonl", self.report):
            holds[line["hold_id"]] = (line["account"], line["remaining_micro"])
        for hold_id in sorted(set(holds) | set(self.book.holds)):
            told = holds.get(hold_id)
            owner, left = self.book.holds.get(hold_id, (None, 0))
            if told != ("agent:%s" % owner, left):
                self.report.find("hold_differs", hold_id, "stated %r, the transfers come to %r" % (told, (owner, left)))

    def run(self):
        for _number, line in read_lines(self.folder, "journal.jsonl", self.report):
            self.record(line)
        self.ledger.finish()
        self.claims.finish()
        self.copies.finish()
        self.stated()


def check_manifest(folder, report):
    """export.json: names, sizes and hashes of the files."""
    try:
        with open(os.path.join(folder, "export.json"), encoding="utf-8") as file:
            about = parse(file.read())
        files = about["files"].items()
        known = about["format"] == "syntropism-export" and about["version"] == 1
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        report.find("manifest_unreadable", "export.json", str(error))
        raise Stop()
    if not known:
        report.find("manifest_unreadable", "export.json", "format %r, version %r are not known here" % (about["format"], about["version"]))
        raise Stop()
    for name, stated in sorted(files):
        path = os.path.join(folder, name)
        if os.path.basename(name) != name or not os.path.exists(path):
            report.find("file_missing", name, "export.json names it")
        elif os.path.getsize(path) != stated["bytes"] or sha256_file(path) != stated["sha256"]:
            report.find("file_changed", name, "it does not have the size and hash that export.json states")
    return about


def verify(folder, at=None, head=None):
    """Findings and figures of an export."""
    report = Report()
    verifier = None
    try:
        about = check_manifest(folder, report)
        verifier = Verifier(folder, report, at)
        verifier.run()
        for name, stated, kept in (
            ("economy_id", about["economy_id"], verifier.economy_id),
            ("records", about["records"], verifier.records),
            ("last_seq", about["last_seq"], verifier.seq),
            ("head_hash", about["head_hash"], verifier.head),
        ):
            if stated != kept:
                report.find("manifest_differs", "export.json, %s" % name, "stated %r, the records come to %r" % (stated, kept))
        if head is not None and head != verifier.head:
            report.find("head_differs", "the last record", "its hash is %s, you expect %s" % (verifier.head, head))
        if at is not None and verifier.figures_at is None:
            report.find("sequence_unknown", "sequence %d" % at, "the export ends at %d" % verifier.seq)
    except Stop:
        pass
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        report.find("line_unreadable", "after sequence %d" % (verifier.seq if verifier else 0), "a value is not of the documented shape: %r" % (error,))
    if verifier is None:
        return report.findings, None
    figures = verifier.figures_at or verifier.book.figures(verifier.seq)
    return report.findings, dict(figures, economy_id=verifier.economy_id, records=verifier.records, events=verifier.seq, entries=verifier.ledger.entries, head_hash=verifier.head)


def main(argv):
    parser = argparse.ArgumentParser(description="Verifies an export of a Syntropism economy: hash chain, ledger, conservation at every sequence number.")
    parser.add_argument("folder", help="folder that \"syntropism export\" wrote")
    parser.add_argument("--at", type=int, help="print the figures at this sequence number instead of the end")
    parser.add_argument("--head", help="hash of the last record, had from elsewhere: the export is then that economy's and complete")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    options = parser.parse_args(argv)
    if not os.path.isdir(options.folder):
        parser.error("%s is no folder; name the one that \"syntropism export\" wrote" % options.folder)
    findings, figures = verify(options.folder, options.at, options.head)
    if options.json:
        print(json.dumps({"ok": not findings, "findings": findings, "figures": figures}, indent=2))
        return 1 if findings else 0
    if figures is not None:
        print("Economy %(economy_id)s: %(records)d records, %(events)d events, %(entries)d ledger entries; last hash %(head_hash)s" % figures)
        print("At sequence %(seq)d, in micro-credits: start %(start_micro)d + granted %(granted_micro)d + rewarded %(rewarded_micro)d - burned %(burned_micro)d = balances %(balances_micro)d + holds %(holds_micro)d" % figures)
    for finding in findings:
        print("%(name)s: %(where)s: %(detail)s" % finding)
    print("NOT VERIFIED: %d finding(s)" % len(findings) if findings else "VERIFIED at every sequence number")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
