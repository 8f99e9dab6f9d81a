-- Deaths of the child processes that run a suspect step, and the sessions of workers whose build cannot run a step.
ALTER TABLE "step" ADD COLUMN "suspect_deaths" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "step" ADD COLUMN "refused_by" UUID[];
ALTER TABLE "step" ADD COLUMN "refused_since" TIMESTAMPTZ(3);
