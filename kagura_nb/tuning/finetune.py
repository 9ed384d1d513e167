"""Fine-tuning from Python, a class for every place where models are trained.

    tuning = LocalFinetune("me")
    data = tuning.prepare_training_data()       what is good in your store, fit to leave it
    tuning.estimate_cost(data)                  rows, tokens, money; nothing is begun
    tuning.start_finetuning(data)               your approval: it begins
    tuning.wait_for_completion()                a bar; the model answers from then on

All methods return when they are done. A job outlives the process that began it, and any other one
may ask for it: `check_status()` in a new kernel finds it again.
"""

from typing import Any, ClassVar, cast

from kagura_nb.datasets import Datasets, Spec
from kagura_nb.errors import TuningError
from kagura_nb.privacy import Policy, PrivacyFilter
from kagura_nb.records import Dataset, Job, Method
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector, Selection
from kagura_nb.tuning import Estimate, open_jobs
from kagura_nb.tuning.bar import wait_for_end


class Finetune:
    """Trains a model of a user's own on the user's conversations.

    Args:
        user_id: whose; None takes the one in the settings.
        base_model: what is trained; None takes the backend's usual one.
        settings: where and what; None loads them.
        privacy_filter: what else counts as private, beside all that always does.

    Attributes:
        store: the user's conversations.
    """

    backend: ClassVar[str]

    def __init__(
        self,
        user_id: str | None = None,
        base_model: str | None = None,
        *,
        settings: Settings | None = None,
        privacy_filter: PrivacyFilter | None = None,
    ) -> None:
        self.store = ConversationCollector(user_id, settings)
        self.base_model = base_model
        self._datasets = Datasets(self.store, privacy_filter)
        self._jobs = open_jobs(self.store)

    def prepare_training_data(
        self,
        selection: Selection | None = None,
        method: Method = "sft",
        policy: Policy | None = None,
    ) -> Dataset:
        """Make a dataset of what is stored now; the same conversations give the same version.

        Args:
            selection: which conversations; None takes those with 4 stars and more and the
                corrected ones.
            method: what for: `sft`, `dpo` or `kto`.
            policy: what becomes of personal data: `label`, `surrogate` or `drop`; None takes the
                setting `training_policy`.

        Raises:
            DatasetError: nothing is left to train on, or its files cannot be written.
        """
        chosen = policy or cast(Policy, self.store.settings.training_policy)
        return self._datasets.build(Spec(selection or Selection(), method, chosen))

    def estimate_cost(self, dataset: Dataset | None = None, epochs: int | None = None) -> Estimate:
        """What training would take. Nothing is sent, paid or noted.

        Args:
            dataset: what on; None prepares one.
            epochs: how often each row is seen; None takes the backend's usual number.

        Raises:
            TuningError: the backend does not know the dataset's method, or refuses.
            DatasetError: there is nothing to prepare.
            ProviderError: a key or an optional package is missing.
        """
        data = dataset or self.prepare_training_data()
        return self._jobs.describe(data, self.backend, self.base_model, epochs=epochs)[1]

    def start_finetuning(
        self,
        dataset: Dataset | None = None,
        epochs: int | None = None,
        *,
        share: float = 1.0,
        **options: Any,
    ) -> Job:
        """Begin to train. This call is the approval: nothing asks again, and it may cost money.

        Args:
            dataset: what on; None prepares one.
            epochs: how often each row is seen; None takes the backend's usual number.
            share: of the sessions that the result shall answer; 0 leaves things as they are.
            options: further hyperparameters by the backend's own names.

        Returns:
            The job, handed over; where the vendor does not answer, `check_status` tries again.

        Raises:
            ConsentMissing: the user has not agreed that data goes to the vendor.
            TuningError: another job is under way, the month's budget does not allow it, or the
                backend refuses.
            DatasetError: there is nothing to prepare.
            ProviderError: a key or an optional package is missing.
        """
        data = dataset or self.prepare_training_data()
        job, _ = self._jobs.plan(
            data, self.backend, self.base_model, epochs=epochs, share=share, **options
        )
        return self._jobs.advance(self._jobs.approve(job))

    def check_status(self, job: Job | None = None) -> Job:
        """Ask the backend once, and return the job as it is then.

        Args:
            job: which one; None takes the latest one at this backend.

        Raises:
            TuningError: there is none.
        """
        return self._jobs.advance(self._known(job))

    def wait_for_completion(self, job: Job | None = None, progress: bool = True) -> Job:
        """Go on with a job until it has ended, and return it; Ctrl-C ends the waiting, not the job.

        A job that has failed is returned like any other: its `state` and `problem` tell.

        Args:
            job: which one; None takes the latest one at this backend.
            progress: show a bar over its steps.

        Raises:
            TuningError: there is none.
        """
        return wait_for_end(self._jobs, self._known(job), shown=progress)

    def _known(self, job: Job | None) -> Job:
        here = (one for one in self._jobs.latest() if one.backend == self.backend)
        found = job or next((one for one in here if one.state != "planned"), None)
        if found is None:
            raise TuningError(
                f"No training was begun at {self.backend}", "Begin one with `start_finetuning()`"
            )
        return found


class OpenAIFinetune(Finetune):
    """At OpenAI, or any server that speaks its API (the setting `base_url`)."""

    backend = "openai"


class GeminiFinetune(Finetune):
    """At Google's Vertex AI."""

    backend = "gemini"


class LocalFinetune(Finetune):
    """On this machine: a LoRA adapter for a model of transformers, free and without a vendor."""

    backend = "local"
