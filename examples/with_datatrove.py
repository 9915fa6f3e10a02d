"""Clean the documents of JSON lines in two tasks: python examples/with_datatrove.py pages/ clean/."""

import sys

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter

from cleaner.datatrove import Clean

if __name__ == "__main__":
    source, target = sys.argv[1:]
    steps = [JsonlReader(source, text_key="raw"), Clean(), JsonlWriter(target)]
    LocalPipelineExecutor(steps, tasks=2, workers=2, logging_dir=f"{target}/logs").run()
