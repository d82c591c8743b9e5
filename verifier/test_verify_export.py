"""Tests of the verifier on a small export that is made here, without the project's code.

    python3 -m unittest discover -s verifier
"""

import hashlib
import json
import os
import shutil
import tempfile
import unittest

import verify_export

QUANTITIES = {"attention": 0, "cpu": 200, "llm": 0, "memory": 64}


def dump(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class SmallExport:
    """An economy of a few events: a grant, a bid, a window, a refund, a prompt's reward, a payment; then a fork."""

    def __init__(self, folder):
        self.folder, self.records, self.events, self.lines = folder, [], [], []
        self.economy_id, self.seq, self.entry, self.balances, self.holds = "small", 0, 0, {}, {}
        self.event("economy_created", economy_id="small", rules_version=1)
        self.transfer("mint", "mint", "ada-agent", "balance", 1000, "grant")
        self.event("agent_created", agent_id="ada-agent", grant_micro=1000)
        self.close_record()
        self.transfer("ada-agent", "balance", "ada-agent", "holds", 300, "bid_hold", "bid-1")
        self.transfer("ada-agent", "holds", "burn", "burn", 200, "resource_burn", "bid-1")
        self.transfer("ada-agent", "holds", "ada-agent", "balance", 60, "bid_release", "bid-1")
        self.event("market_cleared", certificate={"winners": [{"bid_id": "bid-1", "payment_micro": 200, "quantities": QUANTITIES}]})
        self.entry_of("cpu_ms", "cpu_ms:offered", "cpu_ms:lease-1", 50)
        self.close_record()
        self.entry_of("cpu_ms", "cpu_ms:lease-1", "cpu_ms:used", 30)
        self.entry_of("cpu_ms", "cpu_ms:lease-1", "cpu_ms:lapsed", 20)
        self.transfer("burn", "burn", "ada-agent", "balance", 80, "lease_refund")
        self.event("execution_terminated", execution_id="lease-1", entry_ids=[4, self.entry], refunded_micro=80)
        self.transfer("mint", "mint", "ada-agent", "balance", 500, "reward")
        self.event("human_reward_issued", agent_id="ada-agent", human_id="ada", credits_awarded_micro=500)
        self.close_record()
        self.batch(("ada-agent", "bob-agent", 30, "pay"), ("bob-agent", "ada-agent", 30, "back"))
        self.event("economy_forked", economy_id="other", parent_economy_id="small")
        self.close_record()

    def event(self, kind, **data):
        if "economy_id" in data:
            self.economy_id = data["economy_id"]
        self.seq += 1
        event_id = verify_export.event_id_of(self.economy_id, self.seq)
        self.events.append({"at_ms": 1000 + self.seq, "cause_id": "c", "data": data, "event_id": event_id, "seq": self.seq, "type": kind})

    def entry_of(self, asset, debit, credit, amount, purpose="use", transfer_id=""):
        self.entry += 1
        for account, change in ((debit, -amount), (credit, amount)):
            line = {"entry_id": self.entry, "seq": self.seq + 1, "at_ms": 1001 + self.seq, "asset": asset, "account": account, "amount": change}
            self.lines.append(dict(line, purpose=purpose, cause_id="c", transfer_id=transfer_id))
            self.balances[(asset, account)] = self.balances.get((asset, account), 0) + change

    def transfer(self, giver, giver_account, taker, taker_account, amount, purpose, hold_id=None):
        name = {"balance": "agent:ada-agent", "holds": "holds", "mint": "mint", "burn": "burn"}
        self.entry_of("credits", name[giver_account], name[taker_account], amount, purpose, "transfer-%d" % (self.entry + 1))
        if hold_id is not None:
            self.holds[hold_id] = self.holds.get(hold_id, 0) + (amount if taker_account == "holds" else -amount)
        self.event(
            "credits_transferred", amount_micro=amount, entry_id=self.entry, from_account=giver_account, from_agent=giver, hold_id=hold_id,
            purpose=purpose, to_account=taker_account, to_agent=taker, transfer_id="transfer-%d" % self.entry,
        )

    def batch(self, *transfers):
        first = self.entry + 1
        for giver, taker, amount, purpose in transfers:
            self.entry_of("credits", "agent:" + giver, "agent:" + taker, amount, purpose, "transfer-%d" % (self.entry + 1))
        told = [{"amount_micro": amount, "from_agent": giver, "purpose": purpose, "to_agent": taker} for giver, taker, amount, purpose in transfers]
        self.event("transfers_posted", first_entry_id=first, first_transfer_number=first, transfers=told)

    def close_record(self):
        self.records.append({"number": len(self.records) + 1, "commands": "[]", "events": dump(self.events)})
        self.events = []

    def write(self):
        self.chain()
        self.put("journal.jsonl", self.records)
        self.put("ledger.jsonl", self.lines)
        self.put("accounts.jsonl", [{"asset": asset, "account": account, "balance": amount} for (asset, account), amount in self.balances.items()])
        self.put("holds.jsonl", [{"account": "agent:ada-agent", "hold_id": hold, "remaining_micro": left} for hold, left in self.holds.items() if left])
        self.state()

    def chain(self):
        previous = verify_export.GENESIS_HASH
        for record in self.records:
            text = "\n".join((previous, record["commands"], record["events"]))
            record.update(previous_hash=previous, hash=hashlib.sha256(text.encode("utf-8")).hexdigest())
            previous = record["hash"]

    def put(self, name, rows):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.writelines(dump(row) + "\n" for row in rows)

    def state(self):
        """The manifest of the files as they are now: a forger would write it anew."""
        names = sorted(name for name in os.listdir(self.folder) if name != "export.json")
        files = {name: {"bytes": os.path.getsize(os.path.join(self.folder, name)), "sha256": verify_export.sha256_file(os.path.join(self.folder, name))} for name in names}
        about = {"format": "syntropism-export", "version": 1, "economy_id": "other", "records": len(self.records), "last_seq": self.seq, "head_hash": self.records[-1]["hash"], "files": files}
        with open(os.path.join(self.folder, "export.json"), "w", encoding="utf-8") as file:
            file.write(dump(about))


class VerifierTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="syntropism-verifier-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.export = SmallExport(self.folder)
        self.export.write()

    def names(self, **options):
        return [finding["name"] for finding in verify_export.verify(self.folder, **options)[0]]

    def edit(self, name, change, keep_manifest=False):
        path = os.path.join(self.folder, name)
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        rows = change(rows) or rows
        self.export.put(name, rows)
        if not keep_manifest:
            self.export.state()

    def test_a_sound_export_is_verified_with_its_figures_at_any_sequence(self):
        findings, figures = verify_export.verify(self.folder)
        self.assertEqual(findings, [])
        self.assertEqual((figures["granted_micro"], figures["rewarded_micro"], figures["burned_micro"]), (1000, 500, 120))
        self.assertEqual((figures["balances_micro"], figures["holds_micro"]), (1340, 40))
        self.assertEqual(verify_export.verify(self.folder, at=4)[1]["holds_micro"], 300)
        self.assertEqual(self.names(at=99), ["sequence_unknown"])

    def test_a_file_that_the_manifest_does_not_describe_is_named(self):
        self.edit("ledger.jsonl", lambda rows: rows[0].update(cause_id="x"), keep_manifest=True)
        self.assertIn("file_changed", self.names())
        os.remove(os.path.join(self.folder, "holds.jsonl"))
        self.assertIn("file_missing", self.names())
        os.remove(os.path.join(self.folder, "export.json"))
        self.assertEqual(self.names(), ["manifest_unreadable"])

    def test_an_amount_changed_in_a_record_breaks_its_hash(self):
        self.edit("journal.jsonl", lambda rows: rows[1].update(events=rows[1]["events"].replace('"amount_micro":200', '"amount_micro":210')))
        self.assertTrue({"hash_differs", "entry_differs", "payment_differs"} <= set(self.names()))

    def test_a_chain_made_up_anew_is_found_by_the_entries_and_by_a_hash_had_from_elsewhere(self):
        head = self.export.records[-1]["hash"]
        self.assertEqual(self.names(head=head), [])
        self.export.records[1]["events"] = self.export.records[1]["events"].replace('"amount_micro":200', '"amount_micro":210')
        self.export.chain()
        self.export.put("journal.jsonl", self.export.records)
        self.export.state()
        names = set(self.names(head=head))
        self.assertFalse({"hash_differs", "chain_broken"} & names)
        self.assertTrue({"head_differs", "entry_differs", "hold_differs", "payment_differs"} <= names)

    def test_a_record_dropped_is_missed(self):
        self.edit("journal.jsonl", lambda rows: rows[:1] + rows[2:])
        self.assertTrue({"record_missing", "chain_broken", "sequence_gap"} <= set(self.names()))

    def test_the_last_record_dropped_is_missed(self):
        self.edit("journal.jsonl", lambda rows: rows[:-1])
        self.assertIn("manifest_differs", self.names())

    def test_records_swapped_are_named(self):
        self.edit("journal.jsonl", lambda rows: [rows[0], rows[2], rows[1], rows[3]])
        self.assertTrue({"record_missing", "chain_broken"} <= set(self.names()))

    def test_a_hash_altered_is_named(self):
        self.edit("journal.jsonl", lambda rows: rows[0].update(hash="f" * 64))
        self.assertTrue({"hash_differs", "chain_broken"} <= set(self.names()))

    def test_ledger_lines_changed_dropped_or_added_are_named(self):
        self.edit("ledger.jsonl", lambda rows: rows[1].update(amount=1001))
        self.assertTrue({"entry_unbalanced", "entry_differs", "asset_unbalanced", "balance_differs"} <= set(self.names()))
        self.export.write()
        self.edit("ledger.jsonl", lambda rows: rows[2:])
        self.assertTrue({"entry_missing", "transfer_without_entry"} <= set(self.names()))
        self.export.write()
        self.edit("ledger.jsonl", lambda rows: rows[1:])
        self.assertIn("entry_incomplete", self.names())
        self.export.write()
        self.edit("ledger.jsonl", lambda rows: rows + [dict(row, entry_id=row["entry_id"] + 8) for row in rows[:2]])
        self.assertIn("entry_without_transfer", self.names())

    def test_entries_of_other_assets_must_come_to_what_is_stated(self):
        self.edit("ledger.jsonl", lambda rows: [row.update(amount=2 * row["amount"]) for row in rows if row["account"] in ("cpu_ms:used",)] and rows)
        self.assertIn("entry_unbalanced", self.names())
        self.export.write()
        self.edit("accounts.jsonl", lambda rows: [row.update(balance=31) for row in rows if row["account"] == "cpu_ms:used"] and rows)
        self.assertEqual(self.names(), ["balance_differs"])
        self.export.write()
        self.edit("holds.jsonl", lambda rows: rows[0].update(remaining_micro=41))
        self.assertEqual(self.names(), ["hold_differs"])

    def test_a_reward_without_a_humans_score_is_unexplained(self):
        for record in self.export.records:
            record["events"] = record["events"].replace('"credits_awarded_micro":500', '"credits_awarded_micro":400')
        self.export.write()
        self.assertEqual(self.names(), ["mint_unexplained"])

    def test_spending_what_is_not_there_is_named(self):
        for record in self.export.records:
            record["events"] = record["events"].replace('"amount_micro":1000', '"amount_micro":100').replace('"grant_micro":1000', '"grant_micro":100')
        for line in self.export.lines[:2]:
            line["amount"] //= 10
        self.export.write()
        self.assertTrue({"overdrawn", "account_overdrawn"} <= set(self.names()))

    def test_text_that_is_no_json_is_named(self):
        with open(os.path.join(self.folder, "journal.jsonl"), "a", encoding="utf-8") as file:
            file.write("{\n")
        self.export.state()
        self.assertEqual(self.names(), ["line_unreadable"])


if __name__ == "__main__":
    unittest.main()
