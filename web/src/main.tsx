/** The playground. */
import { render } from "preact";
import { App } from "./app.js";
import { fetchAssets } from "./parts/run-panel.js";
import { begin } from "./session.js";
import { takeDrops } from "./take-files.js";
import "uplot/dist/uPlot.min.css";
import "./styles.css";

render(<App />, document.getElementById("app")!);
takeDrops();
void begin().then(() => setTimeout(() => void fetchAssets().catch(() => {}), 2000));
