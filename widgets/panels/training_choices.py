"""What a run can choose between: fields whose entries follow from the task, the model and the framework."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from explorer.errors import UsageError
from explorer.training.choices import ACTIVATIONS, LOSSES, MODES, OPTIMIZERS
from explorer.training.config import RunConfig, Schedule
from explorer.training.datasets import TASKS, Task, defaults, usual_loss
from explorer.training.models import MODELS

OWN_RATE = ("sgd", "momentum")  # optimizers that need another learning rate than the task's usual run
SHORT = {"mse": "MSE", "bce": "BCE", "cross-entropy": "CE"}  # names of losses that are longer than the field


class RunChoices(QObject):
    """Choosing a task loads its usual run; choosing a model its loss; choosing an optimizer a rate that suits it."""

    task_chosen = Signal()
    model_chosen = Signal()
    optimizer_chosen = Signal()
    edited = Signal()  # anything else

    def __init__(self, framework: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._framework = framework
        self.task, self.model, self.activation = QComboBox(), QComboBox(), QComboBox()
        self.optimizer, self.loss, self.mode = QComboBox(), QComboBox(), QComboBox()
        self.widths, self.function, self.trained = QLineEdit(), QLineEdit(), QLineEdit()
        self.points, self.noise, self.share = QLineEdit(), QLineEdit(), QLineEdit()
        self.wrong, self.batch = QLineEdit(), QLineEdit()
        self.l2, self.dropout, self.patience = QLineEdit(), QLineEdit(), QLineEdit()
        self.widths.setToolTip(self.tr("Units of the hidden layers, such as 16, 16"))
        self.trained.setToolTip(
            self.tr("Inputs that train, such as w, b; empty: all floats but x and y, which are data")
        )
        self.share.setToolTip(self.tr("Share of the points that train; the others validate"))
        self.wrong.setToolTip(self.tr("Share of the training labels that are wrong on purpose"))
        self.batch.setToolTip(self.tr("Points in one update; 0 is all of them"))
        self.l2.setToolTip(self.tr("How much large weights cost"))
        self.dropout.setToolTip(self.tr("Share of the hidden units left out at every update"))
        self.patience.setToolTip(self.tr("Steps without a better validation loss before it stops; 0 never stops"))
        names = self._task_names()
        _fill(self.task, ((key, names.get(key, each.title)) for key, each in TASKS.items()))
        self.load(RunConfig().task)
        self.set_framework(framework)
        self.task.currentIndexChanged.connect(self._task_changed)
        self.model.currentIndexChanged.connect(self._model_changed)
        self.optimizer.currentIndexChanged.connect(lambda _: self.optimizer_chosen.emit())
        for box in (self.activation, self.loss, self.mode):
            box.currentIndexChanged.connect(lambda _: self.edited.emit())
        for line in (widget for widget in self.all if isinstance(widget, QLineEdit)):
            line.editingFinished.connect(self.edited)

    @property
    def about(self) -> Task:
        """The chosen task."""
        return TASKS[self.task.currentData()]

    @property
    def is_text(self) -> bool:
        """What is typed trains, not a model of ours."""
        return self.about.kind == "typed"

    @property
    def schedule(self) -> Schedule:
        """The learning rate that suits task and optimizer."""
        key = self.optimizer.currentData()
        if key in OWN_RATE:
            return Schedule(OPTIMIZERS[key].rate, OPTIMIZERS[key].rate, 0)
        return defaults(self.about.key).schedule

    @property
    def data_rows(self) -> tuple[tuple[str, QWidget], ...]:
        return (
            (self.tr("trained"), self.trained), (self.tr("function"), self.function), (self.tr("points"), self.points),
            (self.tr("noise"), self.noise), (self.tr("train share"), self.share), (self.tr("wrong labels"), self.wrong),
        )  # fmt: skip

    @property
    def model_rows(self) -> tuple[tuple[str, QWidget], ...]:
        return ((self.tr("widths"), self.widths), (self.tr("activation"), self.activation))

    @property
    def regular_rows(self) -> tuple[tuple[str, QWidget], ...]:
        """What keeps a model from following every point."""
        return (
            (self.tr("L2"), self.l2), (self.tr("dropout"), self.dropout), (self.tr("patience"), self.patience),
        )  # fmt: skip

    @property
    def all(self) -> tuple[QWidget, ...]:
        rows = (*self.data_rows, *self.model_rows, *self.regular_rows)
        chosen = (self.task, self.model, self.optimizer, self.loss, self.mode, self.batch)
        return (*chosen, *(widget for _, widget in rows))

    def has(self, widget: QWidget) -> bool:
        """There is something to choose with `widget` as things are."""
        options, is_mlp = self.about.options, self.model.currentData() == "mlp"
        known = {
            self.model: not self.is_text, self.mode: not self.is_text, self.trained: self.is_text,
            self.function: "function" in options, self.points: "points" in options, self.noise: "noise" in options,
            self.share: "train_share" in options, self.widths: is_mlp, self.activation: is_mlp,
            self.loss: self.loss.count() > 1, self.wrong: "label_noise" in options, self.dropout: is_mlp,
            self.batch: bool(options) and not self.is_text,
            **dict.fromkeys((self.l2, self.patience), bool(options)),  # a lecture's example stays as it is
        }  # fmt: skip
        return known.get(widget, True)

    def fields(self) -> dict[str, Any]:
        """Fields of a RunConfig as they are chosen. UsageError with a sentence for a number that does not read."""
        found: dict[str, Any] = {
            "task": self.about.key, "model": self.model.currentData(), "loss": self.loss.currentData() or "",
            "optimizer": self.optimizer.currentData(), "mode": self.mode.currentData() if self.has(self.mode) else "",
        }  # fmt: skip
        if self.has(self.trained):
            found["parameters"] = tuple(self.trained.text().replace(",", " ").split())
        if self.has(self.widths):
            found["widths"] = self._widths()
            found["activation"] = self.activation.currentData()
        if self.has(self.function):
            found["function"] = self.function.text().strip()
        if self.has(self.points):
            found["points"] = int(number(self.points, self.tr("points"), whole=True))
            found["noise"] = number(self.noise, self.tr("noise"))
            found["train_share"] = number(self.share, self.tr("train share"))
        if self.has(self.wrong):
            found["label_noise"] = number(self.wrong, self.tr("wrong labels"))
        if self.has(self.batch):
            found["batch"] = int(number(self.batch, self.tr("batch"), whole=True))
        if self.has(self.l2):
            found["l2"] = number(self.l2, self.tr("L2"))
            found["early_stopping"] = int(number(self.patience, self.tr("patience"), whole=True))
        if self.has(self.dropout):
            found["dropout"] = number(self.dropout, self.tr("dropout"))
        return found

    def load(self, key: str) -> None:
        """The usual run of a task."""
        config = defaults(key)
        _choose(self.task, key)
        _fill(self.model, ((each, MODELS[each].title) for each in TASKS[key].models if each in MODELS), config.model)
        if self.is_text:
            _fill(self.model, [("text", self.tr("your text"))], "text")
        _fill(self.loss, ((each, SHORT.get(each, each)) for each in TASKS[key].losses), config.loss)
        for index, each in enumerate(TASKS[key].losses):
            self.loss.setItemData(index, LOSSES[each].meaning, Qt.ItemDataRole.ToolTipRole)
        _fill(self.activation, ((each.key, each.title) for each in ACTIVATIONS.values()), config.activation)
        self._offer_optimizers(config.optimizer)
        self.widths.setText(", ".join(map(str, config.widths)))
        self.function.setText(config.function)
        self.points.setText(str(config.points))
        self.noise.setText(f"{config.noise:g}")
        self.share.setText(f"{config.train_share:g}")
        self.wrong.setText(f"{config.label_noise:g}")
        self.batch.setText(str(config.batch))
        self.l2.setText(f"{config.l2:g}")
        self.dropout.setText(f"{config.dropout:g}")
        self.patience.setText(str(config.early_stopping))

    def set_framework(self, framework: str) -> None:
        """Offer what `framework` has; what it has not is replaced by the usual."""
        if framework != self._framework or not self.mode.count():
            modes = MODES[framework].values()
            # The first is what an empty mode means: a run says so, and stays comparable between frameworks.
            _fill(self.mode, (("" if index == 0 else each.key, each.title) for index, each in enumerate(modes)), "")
        self._framework = framework
        self._offer_optimizers(self.optimizer.currentData())

    def loss_names(self) -> dict[str, str]:
        """Whole names by key; the field has room for short ones only."""
        return {
            "mse": self.tr("mean squared error"), "bce": self.tr("binary cross-entropy"),
            "cross-entropy": self.tr("cross-entropy"), "perceptron": self.tr("perceptron criterion"),
        }  # fmt: skip

    def _task_names(self) -> dict[str, str]:
        return {
            "five-points": self.tr("five points"), "moons": self.tr("two moons"), "circles": self.tr("two circles"),
            "spirals": self.tr("two spirals"), "xor": self.tr("XOR"), "linear": self.tr("half planes"),
            "digits": self.tr("digits 8x8"), "function": self.tr("function of x"),
            "typed": self.tr("your text"),
        }  # fmt: skip

    def _offer_optimizers(self, wanted: str) -> None:
        """Those of the framework; a text is updated by our own formulas alone."""
        there = "" if self.is_text else self._framework
        offered = [each for each in OPTIMIZERS.values() if not each.frameworks or there in each.frameworks]
        kept = wanted if any(each.key == wanted for each in offered) else RunConfig().optimizer
        _fill(self.optimizer, ((each.key, each.title) for each in offered), kept)

    def _task_changed(self) -> None:
        self.load(self.task.currentData())
        self.task_chosen.emit()

    def _model_changed(self) -> None:
        _choose(self.loss, usual_loss(self.about.key, self.model.currentData()))
        self.model_chosen.emit()

    def _widths(self) -> tuple[int, ...]:
        text = self.widths.text()
        try:
            return tuple(int(part) for part in text.replace(",", " ").replace("-", " ").split())
        except ValueError:
            raise UsageError("training_field", name=self.tr("widths"), text=text) from None


def number(field: QLineEdit, name: str, *, whole: bool = False) -> float:
    """The number in `field`. UsageError naming the field for anything else, or where it is not `whole` as asked."""
    text = field.text().strip().replace(",", ".").replace("_", "")
    try:
        found = float(text)
        if whole and found != int(found):
            raise ValueError
    except (ValueError, OverflowError) as error:
        raise UsageError("training_field", name=name, text=field.text()) from error
    return found


def _fill(box: QComboBox, entries: Iterable[tuple[str, str]], chosen: str | None = None) -> None:
    with QSignalBlocker(box):
        box.clear()
        for key, title in entries:
            box.addItem(title, key)
    if chosen is not None:
        _choose(box, chosen)


def _choose(box: QComboBox, key: str) -> None:
    with QSignalBlocker(box):
        box.setCurrentIndex(box.findData(key))
