"""An agent in plain Python: the standard library and the economy's own client."""

from syntropism import connect


def main() -> None:
    client = connect()
    me = client.self()
    market = [one for one in client.market() if one["capacity"] > 0]
    dearest = max(market, key=lambda one: one["price_micro_per_s"] / one["floor_micro_per_s"])
    ratio = dearest["price_micro_per_s"] / dearest["floor_micro_per_s"]
    attention = next((one for one in market if one["resource"] == "attention"), None)
    if me["prompt_id"] is None and attention is not None:
        bid = -(-attention["price_micro_per_s"] * 60 * 5 // (4 * attention["capacity"]))
        report = f"{dearest['resource']} stands at {ratio:.2f} times its floor with {dearest['utilisation_ppm'] / 10_000:.1f} % sold; I hold {me['balance_micro'] / 1e6:.3f} credits."
        client.prompt(amount_micro=bid, content={"title": f"{dearest['resource']} at {ratio:.2f} × floor", "report": report})


main()
