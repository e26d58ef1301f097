// Everything here makes a page quicker to use; every page works without it.
import "./menus.js";
import "./dialogs.js";
import "./palette.js";
import "./typeahead.js";
import "./lists.js";
import "./forms.js";
import "./grids.js";
import "./live.js";
import "./webauthn.js";
