import unittest
from typing import Any

from decide import decide


def resource(name: str, price: int) -> Any:
    return {"resource": name, "price_micro_per_s": price, "floor_micro_per_s": 100}


class DecideTest(unittest.TestCase):
    def test_asks_about_the_resource_that_is_dearest_for_its_floor(self) -> None:
        question = decide([resource("cpu", 400), resource("memory", 150)], 100_000_000, 1_000_000)
        self.assertIsNotNone(question)
        assert question is not None
        self.assertEqual(question.title, "cpu costs 4.00 times its floor")

    def test_waits_while_nothing_moves_and_when_attention_is_too_dear(self) -> None:
        self.assertIsNone(decide([resource("cpu", 100)], 100_000_000, 1))
        self.assertIsNone(decide([resource("cpu", 400)], 100, 1_000_000))


if __name__ == "__main__":
    unittest.main()
