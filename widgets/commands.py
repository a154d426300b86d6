"""What every row of `widgets.actions` does. Dialogs live here; the panels and the document know none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWhatsThis

from explorer.session_files import SUFFIX
from widgets.exporting import Extent, drawing_of
from widgets.messages import Problem
from widgets.results import ArrayKey
from widgets.saving import ArraySaver

if TYPE_CHECKING:
    from widgets.beside import Beside
    from widgets.canvas.canvas import GraphCanvas
    from widgets.documents import Document
    from widgets.main_window import MainWindow

OPENED = f"*{SUFFIX} *.py *.txt"


class Commands(QObject):
    """One method per command, each without arguments."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._document, self._files, self._player = window.document, window.files, window.player
        self.saver = ArraySaver(self)
        self.saver.said.connect(self._document.said)

    @property
    def _canvas(self) -> GraphCanvas:
        """The one that had the keyboard last."""
        return self._window.graph.active

    @property
    def _view(self) -> Document | Beside:
        """What that canvas shows."""
        graph = self._window.graph
        return graph.second if graph.active is graph.beside.canvas else self._document

    # ---- file ----

    def new(self) -> None:
        self._files.show(self._document.session.state.another())
        self.edit_source()

    def open(self) -> None:
        kinds = self.tr("Sessions and expressions") + f" ({OPENED})"
        dialog = QFileDialog(self._window, self.tr("Open"), "", f"{kinds};;" + self.tr("All files") + " (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._files.open(Path(path)))
        dialog.open()

    def save(self) -> None:
        if self._files.path:
            self._files.save(self._files.path)
        else:
            self.save_as()

    def save_as(self) -> None:
        self._ask_path(self.tr("Save session"), f"*{SUFFIX}", SUFFIX, self._files.save)

    def export(self) -> None:
        """Ask for form, part and colours of a picture of the graph."""
        if self._view.shown is None:
            return
        from widgets.panels.export import ExportDialog

        window = self._window
        name = self._files.path.stem if self._files.path else self._view.stage
        path = window.export_folder() / f"{name}.png"
        selection = bool(self._canvas.selected_nodes())
        ExportDialog(path, window.themes.current.name, self.export_to, selection=selection, parent=window).open()

    def export_to(self, path: Path, extent: Extent = "all", theme: str = "") -> None:
        """Write the picture; the suffix decides its form."""
        window = self._window
        drawing = drawing_of(self._view, self._canvas, extent, theme or window.themes.current.name)
        if drawing is not None:
            window.keep_export_folder(path.parent)
            window.exporting.start(drawing, path)

    def save_numbers(self) -> None:
        """The selected tensor, value or adjoint as the inspector shows it, as a NumPy file."""
        tensor = self._window.inspector.tensor
        if tensor is None:
            self._document.said.emit(Problem("notice", self.tr("Select a card that holds a tensor, then save it.")))
        else:
            self.save_array(tensor.key)

    def save_array(self, key: ArrayKey) -> None:
        """Ask where one array goes, get it in full where only a summary is here, and write it."""
        self._ask_path(
            self.tr("Save numbers"), "*.npy", ".npy",
            lambda path: self._document.load_array(key, lambda array: self.saver.save(array, path)),
            f"{key.id.replace('/', '_')}-{'adjoint' if key.column == 'cotangent' else key.column}.npy",
        )  # fmt: skip

    def quit(self) -> None:
        self._window.close()

    # ---- edit and run ----

    def undo(self) -> None:
        self._document.session.undo()

    def redo(self) -> None:
        self._document.session.redo()

    def find(self) -> None:
        self.tab_graph()
        self._window.graph.find.begin()

    def find_next(self) -> None:
        self._window.graph.find.step(1)

    def find_previous(self) -> None:
        self._window.graph.find.step(-1)

    def run(self) -> None:
        self._document.run()

    def cancel(self) -> None:
        self._document.capturing.cancel()

    # ---- view ----

    def theme_system(self) -> None:
        self._document.session.show(theme="system")

    def theme_light(self) -> None:
        self._document.session.show(theme="light")

    def theme_dark(self) -> None:
        self._document.session.show(theme="dark")

    def theme_projector(self) -> None:
        self._document.session.show(theme="projector")

    def direction(self) -> None:
        now = self._document.session.state.direction
        self._document.session.show(direction="down" if now == "right" else "right")

    def text_beside(self) -> None:
        self.tab_graph()
        self._document.session.show(text_beside=not self._document.session.state.text_beside)

    def outline(self) -> None:
        self.tab_graph()
        self._window.show_outline(not self._window.is_outline_shown)

    def minimap(self) -> None:
        shown = self._window.graph.minimap
        shown.set_wanted(not shown.is_wanted)
        self._window.actions_by_name["minimap"].setChecked(shown.is_wanted)

    def group_toggle(self) -> None:
        self._canvas.enter()

    def group_below(self) -> None:
        self._canvas.enter(below=True)

    def group_around(self) -> None:
        self._canvas.close_group_around()

    def groups_open(self) -> None:
        self._view.grouping.open_all()

    def groups_close(self) -> None:
        self._view.grouping.close_all()

    def groups_automatic(self) -> None:
        self._view.grouping.automatic()

    def upstream(self) -> None:
        self._canvas.toggle_upstream()

    def downstream(self) -> None:
        self._canvas.toggle_downstream()

    def two_stages(self) -> None:
        self.tab_graph()
        state, second = self._document.session.state, self._window.graph.second
        self._document.session.show(beside="" if state.beside else second.wanted_stage())

    def fit(self) -> None:
        self._canvas.fit()

    def fit_selection(self) -> None:
        self._canvas.fit_selection()

    def zoom_in(self) -> None:
        self._canvas.zoom(1.25)

    def zoom_out(self) -> None:
        self._canvas.zoom(0.8)

    def zoom_100(self) -> None:
        self._canvas.zoom_to_100()

    def view_back(self) -> None:
        self._canvas.back()

    def tab_graph(self) -> None:
        self._window.show_tab("graph")

    def tab_train(self) -> None:
        self._window.show_tab("train")

    def full_screen(self) -> None:
        window = self._window
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)

    # ---- lecture ----

    def lecture(self) -> None:
        self.tab_graph()
        self._window.lecture.set_on(not self._window.lecture.is_on)

    def lecture_leave(self) -> None:
        self._window.lecture.set_on(False)

    def lecture_next(self) -> None:
        self._window.lecture.go(1)

    def lecture_previous(self) -> None:
        self._window.lecture.go(-1)

    def blank(self) -> None:
        self._window.lecture.toggle_blank()

    # ---- go ----

    def player_first(self) -> None:
        self._player.first()

    def player_back(self) -> None:
        self._player.step(-1)

    def player_play(self) -> None:
        self._player.toggle()

    def player_forward(self) -> None:
        self._player.step(1)

    def player_last(self) -> None:
        self._player.last()

    def player_faster(self) -> None:
        self._player.change_speed(1)

    def player_slower(self) -> None:
        self._player.change_speed(-1)

    def stage_next(self) -> None:
        self._document.show_next_stage(1, on_demand=True)

    def stage_previous(self) -> None:
        self._document.show_next_stage(-1, on_demand=True)

    def edit_source(self) -> None:
        self.tab_graph()
        self._window.show_outline(False)
        self._window.source.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_canvas(self) -> None:
        """The graph; from one of two to the other."""
        self.tab_graph()
        self._window.graph.next_pane()
        self._canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_player(self) -> None:
        self._window.graph.player.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # ---- help ----

    def keys(self) -> None:
        from widgets.panels.keys import KeysDialog

        KeysDialog(self._window).open()

    def whats_this(self) -> None:
        QWhatsThis.enterWhatsThisMode()

    def about(self) -> None:
        from importlib.metadata import version

        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(self.tr("About Backflow"))
        text = self.tr(
            "See the computation graph that PyTorch, TensorFlow and JAX really build, values and gradients included."
        )
        box.setText(f"Backflow {version('backflow')}")
        box.setInformativeText(text)
        box.open()

    # ---- within ----

    def _ask_path(self, title: str, kinds: str, suffix: str, take: Callable[[Path], object], name: str = "") -> None:
        dialog = QFileDialog(self._window, title, name, kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: take(Path(path)))
        dialog.open()
