"""The forms in which `sersk predict` prints its results: lines, CSV, JSON, a table."""

import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from sersk.cli._printing import print_csv, print_result, print_table

if TYPE_CHECKING:
    import numpy as np


class Output:
    """Prints each row at once, so that an interruption loses no finished row."""

    def __init__(self, model: Any) -> None:
        self.classes = [str(name) for name in model.classes_]
        from sersk.classifiers.abstaining import find_threshold

        self._threshold, self._uncertain = find_threshold(model)

    def add(self, path: str, proba: "np.ndarray") -> None:
        raise NotImplementedError

    def close(self) -> None:
        sys.stdout.flush()

    def best(self, proba: "np.ndarray") -> tuple[str, float]:
        highest = float(proba.max())
        if self._threshold > 0 and not highest >= self._threshold:
            return self._uncertain, highest
        return self.classes[int(proba.argmax())], highest


class Lines(Output):
    def add(self, path: str, proba: "np.ndarray") -> None:
        label, probability = self.best(proba)
        print_result(f"{path}\t{label}\t{probability:.4f}")


class Csv(Output):
    def __init__(self, model: Any) -> None:
        super().__init__(model)
        print_csv(["path", "label", "probability", *self.classes], [])

    def add(self, path: str, proba: "np.ndarray") -> None:
        label, probability = self.best(proba)
        numbers = [f"{value:.6g}" for value in (probability, *map(float, proba))]
        print_csv([path, label, *numbers], [])


class Json(Output):
    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._before = "["

    def add(self, path: str, proba: "np.ndarray") -> None:
        label, probability = self.best(proba)
        record = {
            "path": path,
            "label": label,
            "probability": probability,
            "probabilities": dict(zip(self.classes, map(float, proba), strict=True)),
        }
        text = json.dumps(record, indent=2).replace("\n", "\n  ")
        typer.echo(f"{self._before}\n  {text}", nl=False)
        self._before = ","

    def close(self) -> None:
        typer.echo("[]" if self._before == "[" else "\n]")
        super().close()


class Table(Output):
    """Printed at the end, because the widths of the columns depend on all rows."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._rows: list[tuple[str, str, str]] = []

    def add(self, path: str, proba: "np.ndarray") -> None:
        label, probability = self.best(proba)
        self._rows.append((path, label, f"{probability:.2f}"))

    def close(self) -> None:
        print_table(["path", "label", "probability"], self._rows, numbers=1)
