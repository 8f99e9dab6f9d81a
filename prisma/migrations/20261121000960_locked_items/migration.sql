-- Items that another transaction held when a bulk operation came to them: it goes on with the others and returns to these.
ALTER TABLE "operation" ADD COLUMN "locked" JSONB NOT NULL DEFAULT '[]';
