/** The playground. */
import { render } from "preact";
import { App } from "./app.js";
import { begin } from "./session.js";
import "uplot/dist/uPlot.min.css";
import "./styles.css";

render(<App />, document.getElementById("app")!);
void begin();
