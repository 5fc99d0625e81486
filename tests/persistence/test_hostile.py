"""Files with right checksums that somebody made to do harm: refused before they do anything."""

import io
import json
import pickle
import resource
import sys

import joblib
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sersk import (
    DiscriminantClassifier,
    FeatureNormalizer,
    SpeechEmotionClassifier,
    VectorClassifier,
    load_model,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.persistence import PickledModelError, UntrustedModelError
from sersk.persistence.container import unpack


def node(kind, name, **rest):
    module, _, name = name.rpartition(".")
    return {"__loader__": kind, "__module__": module, "__class__": name, **rest}


def call(name, argument):
    """Return a node that calls a function, as skops does for its own kinds."""
    part = {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(argument),
    }
    given = node("TupleNode", "builtins.tuple", content=[part])
    return node("ConstructorFromReduceNode", name, content=given)


@pytest.fixture
def harmful(tmp_path):
    """Return nodes that would make a file `harm`, by the name that has to be told."""
    command = f"touch '{tmp_path / 'harm'}'"
    nothing = node("TupleNode", "builtins.tuple", content=[])
    return {
        "posix.system": call("posix.system", command),
        "subprocess.Popen": call("subprocess.Popen", command),
        "builtins.eval": call("builtins.eval", f"open({str(tmp_path / 'harm')!r}, 'w')"),
        "os.system": node("FunctionNode", "os.system"),
        "builtins.exec": node("TypeNode", "builtins.exec"),
        "operator.methodcaller": node("OperatorFuncNode", "operator.methodcaller", attrs=nothing),
        "functools.partial": node("PartialNode", "functools.partial", content={}),
        "pathlib.PosixPath": call("pathlib.PosixPath", "/etc"),
        "sersk._utils.files.replacing": node("FunctionNode", "sersk._utils.files.replacing"),
        "numpy.load": node("FunctionNode", "numpy.load"),
        "sklearn.tree._tree.Tree": node("TreeNode", "sklearn.tree._tree.Tree"),
        "sklearn.neighbors._classification.KNeighborsClassifier": node(
            "ObjectNode", "sklearn.neighbors._classification.KNeighborsClassifier"
        ),
        # known classes, as another kind of node
        "sersk.frontend.FrontEnd": call("sersk.frontend.FrontEnd", "a"),
    }


def test_what_is_not_known_is_refused_by_name(saved, forge, tools, harmful, tmp_path):
    for name, part in harmful.items():

        def change(schema, part=part):
            tools.find(schema, "LogisticRegression")["C"] = part

        with pytest.raises(UntrustedModelError, match="would build") as info:
            load_model(forge(saved.path, change))
        assert name in info.value.names
        assert str(info.value).endswith(f"pass trusted={sorted(info.value.names)!r}.")
    assert not (tmp_path / "harm").exists()


def test_all_unknown_names_are_told_at_once(saved, forge, tools, harmful):
    def change(schema):
        tools.find(schema, "LogisticRegression")["C"] = harmful["os.system"]
        tools.find(schema, "LogisticRegression")["tol"] = harmful["builtins.eval"]

    with pytest.raises(UntrustedModelError) as info:
        load_model(forge(saved.path, change))
    assert info.value.names == ["builtins.eval", "os.system"]


class Harm:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def as_npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def test_a_pickle_in_an_array_is_not_read(saved, forge, tmp_path):
    objects = np.array([Harm(tmp_path / "harm")], object)
    with pytest.raises(ValueError, match="is an array of object"):
        load_model(forge(saved.path, **{"0.npy": as_npy(objects)}))
    records = np.zeros(3, [("a", "i4"), ("b", "O")])
    with pytest.raises(ValueError, match="is an array of"):
        load_model(forge(saved.path, **{"0.npy": as_npy(records)}))
    with pytest.raises(ValueError, match="is no array"):
        load_model(forge(saved.path, **{"0.npy": pickle.dumps(Harm(tmp_path / "harm"))}))
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("suffix", [".joblib", ".sersk", ""])
def test_a_pickle_is_refused_whatever_its_name(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    for dump in (joblib.dump, lambda value, file: joblib.dump(value, file, compress=("gzip", 3))):
        dump(Harm(tmp_path / "harm"), path)
        with pytest.raises(PickledModelError, match=rf"model{suffix}' is a pickle"):
            load_model(path)
        if suffix == ".sersk":
            with pytest.raises(PickledModelError, match=r"rename it to end in \.joblib"):
                load_model(path, allow_pickle=True)
    assert not (tmp_path / "harm").exists()


def test_the_header_of_an_array_takes_no_memory(saved, forge):
    header = as_npy(np.zeros(3)).replace(b"(3,), }", b"(3000000000000,), }")
    with pytest.raises(ValueError, match="does not have the size that its shape"):
        load_model(forge(saved.path, **{"0.npy": header}))


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b"{", b"\xff", b'{"__loader__": 3}'])
def test_a_schema_or_card_that_is_none_is_refused(saved, forge, content):
    for member in ("schema.json", "card.json"):
        with pytest.raises(ValueError, match="no model that can be loaded"):
            load_model(forge(saved.path, **{member: content}))


def test_a_part_that_stands_in_several_places_is_refused(saved, forge):
    def change(schema):
        schema["__id__"] = 1

    with pytest.raises(ValueError, match="its schema has a node with an id"):
        load_model(forge(saved.path, change))


def test_a_schema_within_itself_is_refused(saved, forge):
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(ValueError, match="no model that can be loaded"):
        load_model(forge(saved.path, **{"schema.json": deep}))

    def nest(schema):
        part = schema["content"]
        for _ in range(200):
            part = node("ListNode", "builtins.list", content=[part])
        schema["content"] = part

    with pytest.raises(ValueError, match="too many within each other"):
        load_model(forge(saved.path, nest))


def test_a_schema_of_too_many_parts_is_refused(saved, forge, monkeypatch):
    load_model(saved.path)
    monkeypatch.setattr("sersk.persistence.auditing._MOST_NODES", 20)
    with pytest.raises(ValueError, match="its schema has too many parts"):
        load_model(saved.path)


def test_a_schema_of_another_protocol_is_refused(saved, forge):
    def change(schema):
        schema["protocol"] = 3

    with pytest.raises(ValueError, match="its schema does not have protocol 2 of skops"):
        load_model(forge(saved.path, change))


def test_an_array_is_used_once(saved, forge, tools):
    def change(schema):
        scaler = tools.find(schema, "StandardScaler")
        scaler["mean_"] = scaler["scale_"]

    with pytest.raises(ValueError, match=r"uses it twice|nothing uses"):
        load_model(forge(saved.path, change))
    with pytest.raises(ValueError, match="nothing uses its member"):
        load_model(forge(saved.path, **{"99.npy": as_npy(np.zeros(3))}))


@pytest.mark.parametrize(
    "card",
    [
        {"corpus": 3},
        {"corpus": {"n_clips": 3}},
        {"score": {"uar": 1.0}},
        {"created": ["now"]},
        {"limits": "\x1b[31mred"},
    ],
)
def test_a_card_of_another_form_is_refused(saved, forge, card):
    card = {"created": None, "versions": {}} | card
    with pytest.raises(ValueError, match=r"its card (has|counts|lacks)|of its card"):
        load_model(forge(saved.path, **{"card.json": json.dumps(card).encode()}))


@pytest.fixture(scope="module")
def functionals(tmp_path_factory):
    corpus = make_emotional_speech(
        2, 1, emotions=("anger", "sad"), duration=0.5, sample_rate=8_000, random_state=0
    )
    pipeline = make_ser_pipeline(
        preset="functionals", duration=0.5, sample_rate=8_000, augmentation=False, random_state=0
    )
    pipeline.set_params(frontend__storage=str(tmp_path_factory.mktemp("storage")))
    path = tmp_path_factory.mktemp("functionals") / "a.sersk"
    return save_model(pipeline.fit(corpus.data, corpus.target), path)


def test_folders_of_the_machine_are_no_part_of_a_file(functionals):
    assert load_model(functionals)["frontend"].storage is None


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        ("FrontEnd", "storage", "/home"),
        ("Pipeline", "memory", "/home"),
        ("FrontEnd", "n_jobs", 10**6),
        ("FrontEnd", "chunk_size", -1),
        ("AudioLoader", "sample_rate", 1e12),
        ("AudioLoader", "duration", 1e6),
        ("AudioLoader", "duration", "long"),
        ("DiscriminantClassifier", "clip_value", -1.0),
        ("DiscriminantClassifier", "n_features_in_", 3),
        ("DiscriminantClassifier", "coef_", 3),
        ("DiscriminantClassifier", "classes_", "sad"),
    ],
)
def test_absurd_values_are_refused(functionals, forge, tools, owner, name, value):
    def change(schema):
        attributes = tools.find(schema, owner)
        attributes[name] = tools.scalar(value) if name != "classes_" else attributes["mean_"]
        if name == "classes_":
            del attributes["mean_"]

    with pytest.raises(ValueError, match="is no model that can be loaded"):
        load_model(forge(functionals, change))


def test_a_parameter_that_is_missing_has_its_default(functionals, forge, tools):
    """An older file lacks what its classes have got since; it must load all the same."""

    def change(schema):
        attributes = tools.find(schema, "DiscriminantClassifier")
        del attributes["clip_value"]
        _types_of(schema, attributes).pop()

    assert load_model(forge(functionals, change))[-1].clip_value == 5.0


def _types_of(schema, attributes):
    """Return the list of the types of the keys of a dict's node."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if part.get("content") is attributes:
                return part["key_types"]["content"]
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    raise LookupError


def test_support_vectors_that_libsvm_would_read_beyond_are_refused(tmp_path, forge):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    model = VectorClassifier(SVC(), clip_value=None).fit(X, y)
    path = save_model(model, tmp_path / "svc.sersk")
    with pytest.raises(ValueError, match="not a model"):  # but everything in it was fine
        load_model(path)
    dual = model.estimator_._dual_coef_
    members = unpack(memoryview(path.read_bytes()))
    (name,) = [n for n, data in members.items() if bytes(data) == as_npy(dual)][:1]
    with pytest.raises(
        ValueError, match=r"is no model that can be loaded .*_dual_coef_ of its SVC"
    ):
        load_model(forge(path, **{name: as_npy(dual[:, :1])}))


def replace_array(path, forge, array, other):
    """Return a file with another array in place of one."""
    members = unpack(memoryview(path.read_bytes()))
    name = next(n for n, data in members.items() if bytes(data) == as_npy(array))
    return forge(path, **{name: as_npy(other)})


def test_support_vectors_are_those_of_the_classes(tmp_path, forge):
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    model = VectorClassifier(SVC(), clip_value=None).fit(X, y)
    path = save_model(model, tmp_path / "svc.sersk")
    with pytest.raises(ValueError, match="not a model"):  # but everything in it was fine
        load_model(path)
    counts = model.estimator_._n_support
    for other in (counts + 1, counts * [1, 0], np.array([-1, counts.sum() + 1])):
        with pytest.raises(ValueError, match="the support vectors of its SVC are not those"):
            load_model(replace_array(path, forge, counts, other.astype(np.int32)))


LEARNED = [
    (DiscriminantClassifier(), ("mean_", "scale_", "coef_", "intercept_")),
    (VectorClassifier(LogisticRegression()), ("mean_", "scale_")),
    (FeatureNormalizer(), ("mean_", "scale_")),
]


@pytest.mark.parametrize(("step", "names"), LEARNED, ids=lambda part: type(part).__name__)
def test_what_a_step_has_learned_has_the_shape_that_it_needs(tmp_path, forge, step, names):
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    model = step if hasattr(step, "predict") else make_pipeline(step, LogisticRegression())
    model.fit(X, y)
    path = save_model(model, tmp_path / "a.sersk")
    load_model(path)
    fitted = model[0] if hasattr(model, "steps") else model
    for name in names:
        array = getattr(fitted, name)
        for other in (array[:-1], array[None], array.astype("U9")):
            with pytest.raises(ValueError, match=f"_ of its {type(step).__name__} "):
                load_model(replace_array(path, forge, array, other))


def test_a_classifier_within_one_of_scikit_learn_is_looked_at(tmp_path, forge):
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    model = CalibratedClassifierCV(DiscriminantClassifier(), cv=2).fit(X, y)
    path = save_model(model, tmp_path / "a.sersk")
    load_model(path)
    array = model.calibrated_classifiers_[1].estimator.coef_
    with pytest.raises(ValueError, match="coef_ of its DiscriminantClassifier has shape"):
        load_model(replace_array(path, forge, array, array[:, :2]))


def test_trees_are_built_on_request_only(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    model = VectorClassifier(RandomForestClassifier(2)).fit(X, y)
    path = save_model(model, tmp_path / "forest.sersk")
    with pytest.raises(UntrustedModelError, match=r"sklearn\.tree\._tree\.Tree"):
        load_model(path)
    read = load_model(path, trusted=["sklearn.tree._tree.Tree"])
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is counted in kB there")
def test_a_network_larger_than_its_weights_takes_no_memory(tmp_path, forge, tools):
    classifier = SpeechEmotionClassifier(
        model__filters=(2,), model__pool_size=1, model__dense_units=(), random_state=0
    )
    X = np.random.default_rng(0).normal(size=(8, 4, 4))
    path = save_model(classifier.initialize(X, ["anger", "sad"] * 4), tmp_path / "network.sersk")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, value in [("filters", (30_000, 30_000)), ("filters", (1,) * 2_000)]:

        def change(schema, name=name, value=value):
            parts = [tools.scalar(number) for number in value]
            whole = node("TupleNode", "builtins.tuple", content=parts)
            tools.find(schema, "SpeechEmotionClassifier")[f"model__{name}"] = whole

        with pytest.raises(ValueError, match=r"weights .* are not those|more layers than weights"):
            load_model(forge(path, change))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000

    def configure(schema):
        types = {"__loader__": "ListNode", "__module__": "builtins", "__class__": "list"}
        text = node("TypeNode", "builtins.str")
        config = node(
            "DictNode",
            "builtins.dict",
            content={"module": tools.scalar("os"), "class_name": tools.scalar("system")},
            key_types=types | {"content": [text, text]},
        )
        tools.find(schema, "SpeechEmotionClassifier")["loss"] = config

    with pytest.raises(ValueError, match="loss of its SpeechEmotionClassifier is a configuration"):
        load_model(forge(path, configure))

    def rename(schema):
        tools.find(schema, "SpeechEmotionClassifier")["model"] = tools.scalar("os")

    with pytest.raises(ValueError, match="the networks are cnn"):
        load_model(forge(path, rename))
    read = load_model(path)
    np.testing.assert_array_equal(read.predict_proba(X), classifier.predict_proba(X))
