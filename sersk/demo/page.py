"""The page: a recording in, an answer out. Gradio is passed in, so it is not imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sersk.demo._uploads import KEPT, delete
from sersk.demo.answering import Limits, NoAnswerError, answer
from sersk.demo.rendering import render_answer, render_model, render_problem

_AT_A_TIME = 1  # recordings answered at a time; each keeps all processors busy
_WAITING = 16  # recordings that may wait for their turn


def respond(model: Any, path: str | None, limits: Limits, uploads: Path) -> str:
    """Answer an uploaded file, and delete it.

    Parameters
    ----------
    model : Pipeline
        The model.
    path : str or None
        The file; None if there is none.
    limits : Limits
        The limits of a recording.
    uploads : pathlib.Path
        The folder of uploaded files; files elsewhere are not deleted.

    Returns
    -------
    html : str
        The answer, or the reason why there is none; empty if there is no file.
    """
    if path is None:
        return ""
    try:
        return render_answer(answer(model, path, limits), Path(path).name)
    except NoAnswerError as reason:
        return render_problem(str(reason))
    except Exception as error:  # one file must not end the page
        return render_problem(f"This recording could not be answered ({type(error).__name__}).")
    finally:
        delete(Path(path), uploads)


def build_page(gradio: Any, model: Any, name: str, limits: Limits, uploads: Path) -> Any:
    """Build the page: a recorder, the facts about the model, and the answer.

    Parameters
    ----------
    gradio : module
        Gradio.
    model : Pipeline
        The model.
    name : str
        The name of the model on the page.
    limits : Limits
        The limits of a recording.
    uploads : pathlib.Path
        The folder of uploaded files.

    Returns
    -------
    page : gradio.Blocks
        The page, which is not served yet.
    """
    with gradio.Blocks(
        title="sersk", analytics_enabled=False, delete_cache=(60, round(KEPT))
    ) as page:
        gradio.Markdown(
            "# Emotion in a voice\nRecord or upload a few seconds of one person speaking: at most "
            f"{limits.duration:g} s and {limits.n_bytes / 2**20:g} MB. Nothing is kept."
        )
        with gradio.Row(equal_height=False):
            with gradio.Column(scale=2, min_width=320):
                sound = gradio.Audio(
                    label="A recording",
                    sources=["upload", "microphone"],
                    type="filepath",
                    editable=False,
                    elem_id="recording",
                )
                gradio.HTML(render_model(model, name), elem_id="model")
                gradio.Markdown(
                    "Models like this one learn from actors. Acted emotion is not felt emotion, "
                    "and no voice tells for certain what a person feels. Please make no decisions "
                    "about people with this page."
                )
            with gradio.Column(scale=3, min_width=320):
                result = gradio.HTML(
                    '<div class="sersk"><p class="quiet">The answer appears here.</p></div>',
                    elem_id="answer",
                )

        def run(path: str | None) -> tuple[str, None]:
            return respond(model, path, limits, uploads), None

        # The recorder is emptied, because its file is deleted.
        for event in (sound.upload, sound.stop_recording):
            event(
                run,
                sound,
                [result, sound],
                api_name=False,
                concurrency_limit=_AT_A_TIME,
                concurrency_id="model",
            )
    page.queue(max_size=_WAITING, default_concurrency_limit=_AT_A_TIME)
    return page


def make_theme(gradio: Any) -> Any:
    """Make a theme with the visitor's own fonts; Gradio's are loaded from another machine.

    Parameters
    ----------
    gradio : module
        Gradio.

    Returns
    -------
    theme : gradio.themes.Default
        The theme.
    """
    fonts = ["system-ui", "sans-serif"]
    mono = ["ui-monospace", "monospace"]
    return gradio.themes.Default(font=fonts, font_mono=mono)
