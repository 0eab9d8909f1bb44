"""One piece of modelling in a process of its own, which says as JSON what it cost, without imports and the reading of its input.

usage: python benchmarks/fits.py clv MODEL CUSTOMERS.npz
       python benchmarks/fits.py lifetimes MODEL CUSTOMERS.npz   (under a Python with lifetimes)
       python benchmarks/fits.py likelihood MODEL CUSTOMERS.npz PARAMETER...
       python benchmarks/fits.py predict MODEL ORDERS

MODEL is bg_nbd, pareto_nbd or gamma_gamma. CPU is that of all threads, and the peak is above what was resident at the start.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

HORIZON_DAYS, DISCOUNT_RATE = 365, 0.1


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Meter:
    """What has been used since the start, or since the last time it was asked."""

    def __init__(self) -> None:
        self.resident = _status("VmRSS")
        _forget_peak()
        self.last = cpu_seconds()
        self.began = time.perf_counter()

    def lap(self) -> float:
        now = cpu_seconds()
        self.last, used = now, now - self.last
        return used

    def cost(self) -> dict[str, float]:
        """CPU since the start or the last lap, wall time since the start, and the highest rise of memory."""
        return {
            "cpu_seconds": self.lap(),
            "wall_seconds": time.perf_counter() - self.began,
            "peak_mib": max(_status("VmHWM") - self.resident, 0.0),
        }


def _status(name: str) -> float:
    """A size in MiB as Linux tells it; elsewhere 0."""
    file = Path("/proc/self/status")
    sizes = dict(line.split(":", 1) for line in file.read_text().splitlines()) if file.exists() else {}
    return int(sizes[name].split()[0]) / 1024 if name in sizes else 0.0


def _forget_peak() -> None:
    file = Path("/proc/self/clear_refs")
    if file.exists():
        file.write_text("5")


def frame(path: str) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    with np.load(path) as arrays:
        return pl.DataFrame({name: arrays[name] for name in arrays.files})


def clv(name: str, path: str) -> dict[str, object]:
    """The fit from a frame of customers on: to compress it belongs to it."""
    from clvcli.engines import Polars
    from clvcli.forecasts import MODELS
    from clvcli.models.gamma_gamma import GAMMA_GAMMA
    from clvcli.prediction import compressed, spending_of, spent_again

    engine, customers = Polars(), frame(path)
    meter = Meter()
    if name == GAMMA_GAMMA.name:
        fit = GAMMA_GAMMA.fit(spending_of(spent_again(engine.frame(customers), engine)))
    else:
        fit = MODELS[name].fit(compressed(engine.frame(customers), engine))
    return {**meter.cost(), "parameters": fit.values}


def lifetimes(name: str, path: str) -> dict[str, object]:
    """The peer's fit, from arrays of customers on."""
    import lifetimes as peer  # type: ignore[import-not-found]
    import numpy as np

    with np.load(path) as arrays:
        given = {column: arrays[column] for column in arrays.files}
    repeats = given["buying_days"] - 1
    again = repeats > 0
    meter = Meter()
    if name == "gamma_gamma":
        fit = peer.GammaGammaFitter().fit(repeats[again], given["repeat_revenue"][again] / 10_000 / repeats[again])
    else:
        fitter = {"bg_nbd": peer.BetaGeoFitter, "pareto_nbd": peer.ParetoNBDFitter}[name]
        fit = fitter().fit(repeats, given["active_days"], given["age_days"])
    return {**meter.cost(), "parameters": [float(value) for value in fit.params_]}


def likelihood(name: str, path: str, *parameters: str) -> dict[str, object]:
    """The log-likelihood of all customers at these parameters, by the same function whoever found them."""
    import numpy as np

    from clvcli.engines import Polars
    from clvcli.forecasts import MODELS
    from clvcli.models.gamma_gamma import GAMMA_GAMMA
    from clvcli.models.histories import dot
    from clvcli.prediction import known

    engine, values = Polars(), [float(text) for text in parameters]
    shop = known(engine.frame(frame(path)), engine)
    if name == GAMMA_GAMMA.name:
        return {"log_likelihood": float(GAMMA_GAMMA.derivatives(shop.spending)(np.log(values))[0])}
    each = MODELS[name].log_likelihoods(values, shop.histories)
    return {"log_likelihood": dot(shop.histories.customers, each)}


def predict(name: str, path: str) -> dict[str, object]:
    """The steps of a forecast one by one, from a file of orders to P(alive), orders and spend of each customer."""
    from clvcli.analysis import analysis
    from clvcli.cuts import Cut
    from clvcli.forecasts import MODELS, sorted_histories
    from clvcli.prediction import Ahead, fitted, known, predicted
    from clvcli.request import Request

    meter = Meter()
    found = analysis(Request("predict", (path,), options={}))
    reading = meter.lap()
    rows = sorted_histories(found.buying, Cut(found.window.as_of), found.engine)
    grouping = meter.lap()
    fit = fitted(MODELS[name], known(found.engine.frame(rows), found.engine))
    fitting = meter.lap()
    told = predicted(fit, rows, Ahead(HORIZON_DAYS, DISCOUNT_RATE))
    return {"reading": reading, "grouping": grouping, "fitting": fitting, "customers": told.height, **meter.cost()}


WORK: dict[str, Callable[..., dict[str, object]]] = {"clv": clv, "lifetimes": lifetimes, "likelihood": likelihood, "predict": predict}


def main(work: str = "", *rest: str) -> None:
    if work not in WORK:
        raise SystemExit(__doc__)
    print(json.dumps(WORK[work](*rest)))


if __name__ == "__main__":
    main(*sys.argv[1:])
