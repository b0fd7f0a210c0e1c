// @ts-check
/** The page in one HTML file, in the order of index.html. */
import "./open.js";
import "../../www/running-session.js";
import "../../www/main.js";
