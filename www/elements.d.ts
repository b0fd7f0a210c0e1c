/** The page's custom elements by tag, for the type checker. */
import type { AddressPanel } from "./components/address-panel/address-panel.js";
import type { AnswerReadout } from "./components/answer-readout/answer-readout.js";
import type { CameraView } from "./components/camera-view/camera-view.js";
import type { DrawingPad } from "./components/drawing-pad/drawing-pad.js";
import type { ErrorNote } from "./components/error-note/error-note.js";
import type { FactList } from "./components/fact-list/fact-list.js";
import type { HeatPanel } from "./components/heat-panel/heat-panel.js";
import type { LabelEditor } from "./components/label-editor/label-editor.js";
import type { LoadBar } from "./components/load-bar/load-bar.js";
import type { LoadProgress } from "./components/load-progress/load-progress.js";
import type { ModeSwitch } from "./components/mode-switch/mode-switch.js";
import type { ModelList } from "./components/model-list/model-list.js";
import type { PictureStage } from "./components/picture-stage/picture-stage.js";
import type { PictureStrip } from "./components/picture-strip/picture-strip.js";
import type { ScoreList } from "./components/score-list/score-list.js";
import type { TabBar } from "./components/tab-bar/tab-bar.js";
import type { TemplateEditor } from "./components/template-editor/template-editor.js";
import type { VersionOffer } from "./components/version-offer/version-offer.js";
import type { ClassifyView } from "./views/classify/classify-view.js";
import type { DatasetView } from "./views/dataset/dataset-view.js";
import type { PictureRow } from "./views/dataset/picture-row.js";
import type { BiasView } from "./views/bias/bias-view.js";
import type { ModelView } from "./views/model/model-view.js";
import type { PinBoard } from "./views/research/pin-board.js";
import type { ResultFrame } from "./views/research/result-frame.js";
import type { RunLine } from "./views/research/run-line.js";
import type { RobustnessView } from "./views/robustness/robustness-view.js";
import type { ShareView } from "./views/share/share-view.js";

declare global {
  interface HTMLElementTagNameMap {
    "address-panel": AddressPanel;
    "answer-readout": AnswerReadout;
    "bias-view": BiasView;
    "camera-view": CameraView;
    "classify-view": ClassifyView;
    "dataset-view": DatasetView;
    "drawing-pad": DrawingPad;
    "error-note": ErrorNote;
    "fact-list": FactList;
    "heat-panel": HeatPanel;
    "label-editor": LabelEditor;
    "load-bar": LoadBar;
    "load-progress": LoadProgress;
    "mode-switch": ModeSwitch;
    "model-list": ModelList;
    "model-view": ModelView;
    "picture-row": PictureRow;
    "picture-stage": PictureStage;
    "picture-strip": PictureStrip;
    "robustness-view": RobustnessView;
    "pin-board": PinBoard;
    "result-frame": ResultFrame;
    "run-line": RunLine;
    "score-list": ScoreList;
    "share-view": ShareView;
    "tab-bar": TabBar;
    "template-editor": TemplateEditor;
    "version-offer": VersionOffer;
  }
}
