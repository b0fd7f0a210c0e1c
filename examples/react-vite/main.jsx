/** A React component that classifies the picture its visitor chooses. Nothing is sent anywhere. */
import { pipeline } from "clip-wasm";
import React, { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

/** One for all components, and for both of the runs that React makes of an effect while you develop. */
const opening = pipeline("zero-shot-image-classification");

/** The scores of an image for some labels; `null` until they are there. */
function useScores(image, labels) {
  const [scores, setScores] = useState(null);
  const [failure, setFailure] = useState(null);
  useEffect(() => {
    if (!image) return;
    const stopping = new AbortController();
    opening
      .then((classify) => classify(image, labels, { signal: stopping.signal }))
      .then(setScores)
      .catch((error) => stopping.signal.aborted || setFailure(error.message));
    return () => stopping.abort();
  }, [image, labels]);
  return { scores, failure };
}

function App() {
  const [image, setImage] = useState(null);
  const [labels, setLabels] = useState("red ball, green triangle, blue sky");
  const { scores, failure } = useScores(image, labels);
  return (
    <main>
      <p>
        <label>
          Picture <input type="file" accept="image/*" onChange={({ target }) => setImage(target.files[0])} />
        </label>
      </p>
      <p>
        <label>
          Labels <input value={labels} onChange={({ target }) => setLabels(target.value)} />
        </label>
      </p>
      {failure && <p role="alert">{failure}</p>}
      <ol>
        {scores?.map(({ label, score }) => (
          <li key={label} data-score={score}>
            {label}: {(score * 100).toFixed(1)} %
          </li>
        ))}
      </ol>
    </main>
  );
}

createRoot(document.getElementById("root")).render(<App />);
