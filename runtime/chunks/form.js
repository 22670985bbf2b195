// Blob, File, FormData, and what bodies need of them.

import "../web/blob-clone.js";

export { Blob } from "../web/blob.js";
export { bodyToBlob, bodyToFormData } from "../web/body-form.js";
export { parseDataURL } from "../web/data-url.js";
export { File } from "../web/file.js";
export { FormData } from "../web/form-data.js";
export { parseMimeType } from "../web/mime.js";
export { emptyStream, textStreamOf } from "../web/text-stream.js";
