/** The labels that pictures are classified with. */
const field = document.querySelector("textarea");
field.value = (await chrome.storage.local.get("labels")).labels ?? "";
field.addEventListener("input", () => chrome.storage.local.set({ labels: field.value || undefined }));
