-- HTML bodies of finished tasks' results: rendered once, in a sandbox, when they are first asked for.
CREATE TABLE "result_rendering" (
    "task_id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "html" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "result_rendering_pkey" PRIMARY KEY ("task_id")
);
