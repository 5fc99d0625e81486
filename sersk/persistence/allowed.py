"""What a model file may build: the classes and functions, by name, each under its kind of node.

A class is here if a model of sersk can hold it, and nothing in a file can make it run other code,
write, or read outside of its arrays. skops builds more than that by itself: all of scikit-learn's
estimators. Those of trees and neighbours trust the indices in their arrays in compiled code.
"""

from __future__ import annotations

_SERSK = {
    "sersk.audio.activity": ("SpeechDetector",),
    "sersk.audio.augmentation": ("AudioAugmenter",),
    "sersk.audio.denoising": ("HighPassFilter", "SpectralSubtraction"),
    "sersk.audio.levels": ("PeakNormalizer", "RMSNormalizer"),
    "sersk.audio.loading": ("AudioLoader",),
    "sersk.base.pipelines": ("ClipPipeline",),
    "sersk.classifiers.abstaining": ("AbstainingClassifier",),
    "sersk.classifiers.corpus_discriminant": ("CorpusDiscriminant",),
    "sersk.classifiers.discriminant": ("DiscriminantClassifier",),
    "sersk.classifiers.neural": ("SpeechEmotionClassifier",),
    "sersk.classifiers.storing": ("StoredNetwork",),
    "sersk.classifiers.vector_classifier": ("VectorClassifier",),
    "sersk.features.chroma": ("ChromaTransformer",),
    "sersk.features.functionals.transformer": ("FunctionalsTransformer",),
    "sersk.features.mel": ("MelSpectrogramTransformer",),
    "sersk.features.mfcc": ("MFCCTransformer",),
    "sersk.features.normalization.corpus": ("FeatureNormalizer",),
    "sersk.features.normalization.speaker": ("SpeakerNormalizer",),
    "sersk.features.pitch": ("PitchTransformer",),
    "sersk.features.stacking": ("FeatureStack",),
    "sersk.features.whisper.held": ("HeldWeights",),
    "sersk.features.whisper.transformer": ("WhisperEncoder",),
    "sersk.frontend": ("FrontEnd",),
    "sersk.pipeline": ("Pipeline",),
}

_SKLEARN = {
    "sklearn.calibration": (
        "CalibratedClassifierCV",
        "_CalibratedClassifier",
        "_SigmoidCalibration",
    ),
    "sklearn.decomposition._pca": ("PCA",),
    "sklearn.decomposition._truncated_svd": ("TruncatedSVD",),
    "sklearn.discriminant_analysis": (
        "LinearDiscriminantAnalysis",
        "QuadraticDiscriminantAnalysis",
    ),
    "sklearn.dummy": ("DummyClassifier",),
    "sklearn.ensemble._bagging": ("BaggingClassifier",),
    "sklearn.ensemble._forest": ("ExtraTreesClassifier", "RandomForestClassifier"),
    "sklearn.ensemble._stacking": ("StackingClassifier",),
    "sklearn.ensemble._voting": ("VotingClassifier",),
    "sklearn.feature_selection._from_model": ("SelectFromModel",),
    "sklearn.feature_selection._univariate_selection": (
        "SelectFdr",
        "SelectFpr",
        "SelectFwe",
        "SelectKBest",
        "SelectPercentile",
    ),
    "sklearn.feature_selection._variance_threshold": ("VarianceThreshold",),
    "sklearn.impute._base": ("SimpleImputer",),
    "sklearn.linear_model._logistic": ("LogisticRegression", "LogisticRegressionCV"),
    "sklearn.linear_model._passive_aggressive": ("PassiveAggressiveClassifier",),
    "sklearn.linear_model._perceptron": ("Perceptron",),
    "sklearn.linear_model._ridge": ("RidgeClassifier", "RidgeClassifierCV"),
    "sklearn.linear_model._stochastic_gradient": ("SGDClassifier",),
    "sklearn.metrics._scorer": ("_MultimetricScorer", "_PassthroughScorer", "_Scorer"),
    "sklearn.model_selection._search": ("GridSearchCV", "RandomizedSearchCV"),
    "sklearn.model_selection._split": (
        "GroupKFold",
        "GroupShuffleSplit",
        "KFold",
        "LeaveOneGroupOut",
        "LeaveOneOut",
        "LeavePGroupsOut",
        "PredefinedSplit",
        "RepeatedKFold",
        "RepeatedStratifiedKFold",
        "ShuffleSplit",
        "StratifiedGroupKFold",
        "StratifiedKFold",
        "StratifiedShuffleSplit",
    ),
    "sklearn.multiclass": ("OneVsOneClassifier", "OneVsRestClassifier", "OutputCodeClassifier"),
    "sklearn.naive_bayes": ("GaussianNB",),
    "sklearn.neighbors._nearest_centroid": ("NearestCentroid",),
    "sklearn.neural_network._multilayer_perceptron": ("MLPClassifier",),
    "sklearn.neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
    "sklearn.pipeline": ("FeatureUnion", "Pipeline"),
    "sklearn.preprocessing._data": (
        "MaxAbsScaler",
        "MinMaxScaler",
        "Normalizer",
        "PowerTransformer",
        "QuantileTransformer",
        "RobustScaler",
        "StandardScaler",
    ),
    "sklearn.preprocessing._function_transformer": ("FunctionTransformer",),
    "sklearn.preprocessing._label": ("LabelBinarizer", "LabelEncoder"),
    "sklearn.svm._classes": ("LinearSVC", "NuSVC", "SVC"),
    "sklearn.tree._classes": ("DecisionTreeClassifier", "ExtraTreeClassifier"),
    "sklearn.utils._bunch": ("Bunch",),
    "sklearn.utils._metadata_requests": ("MetadataRequest", "MethodMetadataRequest"),
}

_FUNCTIONS = {
    "sersk.classifiers.networks": ("cnn", "cnn_lstm", "lstm", "transformer"),
    "sersk.classifiers.networks.cnn": ("cnn",),
    "sersk.classifiers.networks.cnn_lstm": ("cnn_lstm",),
    "sersk.classifiers.networks.lstm": ("lstm",),
    "sersk.classifiers.networks.transformer": ("transformer",),
    "sklearn.feature_selection._univariate_selection": ("chi2", "f_classif"),
    "sklearn.feature_selection._mutual_info": ("mutual_info_classif",),
    "sklearn.metrics._classification": (
        "accuracy_score",
        "balanced_accuracy_score",
        "cohen_kappa_score",
        "f1_score",
        "log_loss",
        "matthews_corrcoef",
        "precision_score",
        "recall_score",
    ),
    "sklearn.metrics._ranking": ("roc_auc_score",),
    "numpy": (
        *("absolute", "exp", "log", "log10", "log1p", "sqrt"),
        *("max", "mean", "median", "min", "std", "sum", "var"),
    ),
    "sklearn.metrics._scorer": ("_passthrough_scorer",),
}

_LOSSES = {
    "sklearn.linear_model._sgd_fast": ("Hinge", "ModifiedHuber", "SquaredHinge"),
    "sklearn._loss._loss": ("CyHalfBinomialLoss",),
}

_NUMPY_SCALARS = (
    *("bool", "bool_", "str_", "float16", "float32", "float64"),
    *(f"{sign}int{n}" for sign in ("", "u") for n in (8, 16, 32, 64)),
)
_SCALARS = {f"numpy.{name}" for name in _NUMPY_SCALARS}
_BUILTINS = {f"builtins.{name}" for name in ("bool", "float", "int", "str")}


def _join(table: dict[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for module, names in table.items() for name in names)


OBJECTS = _join(_SERSK) | _join(_SKLEARN)

# By skops's kind of node, what it may build. Kinds that are not here are refused.
BY_NODE: dict[str, frozenset[str]] = {
    "DictNode": frozenset(
        {"builtins.dict", "collections.OrderedDict", "sklearn.utils._bunch.Bunch"}
    ),
    "FunctionNode": _join(_FUNCTIONS),
    "JsonNode": frozenset(_BUILTINS | {"builtins.NoneType"}),
    "ListNode": frozenset({"builtins.list"}),
    "LossNode": _join(_LOSSES),
    "MaskedArrayNode": frozenset({"numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"}),
    "NdArrayNode": frozenset({"numpy.ndarray", "sersk.base.views.ViewArray", *_SCALARS}),
    "DTypeNode": frozenset({"numpy.dtype"}),
    "ObjectNode": OBJECTS,
    "RandomStateNode": frozenset({"numpy.random.mtrand.RandomState"}),
    "SetNode": frozenset({"builtins.set"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "TypeNode": frozenset({*_BUILTINS, "builtins.NoneType", *_SCALARS}),
}
