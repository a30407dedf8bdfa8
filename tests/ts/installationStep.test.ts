import { describe, expect, it } from "vitest";

import { installationStep } from "../../extension/src/pure/installationStep";

describe("a step of the installation", () => {
  it.each([
    ["Collecting numpy==2.4.0 (from -r /b/requirements.lock (line 3))", "Looking for numpy"],
    ["Collecting scikit-learn>=1.5", "Looking for scikit-learn"],
    ["  Downloading scikit_learn-1.8.0-cp311-cp311-manylinux_2_28_x86_64.whl (9.0 MB)", "Downloading scikit_learn"],
    ["Downloading https://files.example/a-b/numpy-2.4.0-cp311.whl (16 MB)", "Downloading numpy"],
    ["Installing collected packages: attrs", "Installing attrs"],
    ["Installing collected packages: attrs, cattrs, lsprotocol", "Installing 3 packages"],
  ])("is read from %j", (line, step) => {
    expect(installationStep(line)).toBe(step);
  });

  it.each(["", "Installing build dependencies: started", "Requirement already satisfied: pip", "Successfully installed attrs-25.1"])(
    "is not read from %j",
    (line) => {
      expect(installationStep(line)).toBeUndefined();
    },
  );
});
