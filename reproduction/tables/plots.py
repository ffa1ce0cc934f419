"""One picture: how training goes, error against rejection, memorising."""

from pathlib import Path

import numpy as np

from reproduction.experiments.memorising import REPERTOIRES
from reproduction.experiments.variants import ALONE, MORE, SEGMENTATIONS
from reproduction.tables.accuracy import confidence_of, pooled
from reproduction.tables.experiment_tables import BUNDLED_MODEL, GRADIENTS, KINDS, best_correct
from reproduction.tables.records import Records
from sdnn.evaluation.risk_coverage import risk_coverage


def draw(records: Records, path: Path) -> None:
    """The plots: how training went, error against rejection, and memorising."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"font.size": 12, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(15, 6), layout="constrained")
    learning, rejection, memorising = figure.subplots(1, 3)

    for variant in GRADIENTS:
        eval_points = 100 * np.array([net["eval_points"] for net in records.variants[variant]])
        through_training = np.arange(1, eval_points.shape[1] + 1) / eval_points.shape[1]
        learning.plot(through_training, eval_points.mean(axis=0), marker="o", markersize=4, label=variant)
        learning.fill_between(through_training, eval_points.min(axis=0), eval_points.max(axis=0), alpha=0.15)
    learning.set_xlabel("share of the training")
    learning.set_ylabel("validation strips right, %")
    learning.set_title("Where the gradient goes")

    read = {
        variant: records.variants[variant] for variant in (ALONE, best_correct(records), SEGMENTATIONS, MORE)
    }
    for number, (name, nets) in enumerate({**read, BUNDLED_MODEL: [records.bundled]}.items()):
        for net in nets:
            curve = risk_coverage(*confidence_of(net))
            label = name if net is nets[0] else None
            rejection.plot(
                100 * (1 - curve.coverage), 100 * curve.error, label=label, color=f"C{number}", linewidth=1
            )
    rejection.plot([0], [33.7], "k*", markersize=10, label="Matan et al. 1992")
    rejection.plot([40], [3.6], "k^", label="Burges et al. 1992")
    rejection.plot([23.4], [1], "ks", label="Martin & Rashid 1991")
    rejection.set_xlabel("strips rejected, %")
    rejection.set_ylabel("error among the others, %")
    rejection.set_xlim(0, 60)
    rejection.set_ylim(0, 100)
    rejection.set_title("Error against rejection")

    for kind, name in KINDS.items():
        shares = [pooled(records.memorising[kind, repertoire], "unseen") for repertoire in REPERTOIRES]
        means = 100 * np.array([share.mean for share in shares])
        ends = 100 * np.array([[min(share.seeds), max(share.seeds)] for share in shares]).T
        memorising.errorbar(REPERTOIRES, means, np.abs(ends - means), marker="o", capsize=4, label=name)
    memorising.set_xscale("log")
    memorising.set_xticks(REPERTOIRES, [f"{repertoire:,}" for repertoire in REPERTOIRES])
    memorising.minorticks_off()
    memorising.set_xlabel("different strings trained on")
    memorising.set_ylabel("unseen strings right, %")
    memorising.set_title("Memorising")
    for axes, columns in ((learning, 2), (rejection, 2), (memorising, 1)):
        axes.grid(color="#dddddd")
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(0, -0.14),
            ncols=columns,
            columnspacing=0.8,
            handlelength=1.2,
            fontsize=9,
            frameon=False,
        )
    figure.savefig(path, dpi=130)
