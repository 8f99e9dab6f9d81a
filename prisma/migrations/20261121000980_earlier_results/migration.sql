-- Which outputs made up the results of earlier generations, so that they stay readable after a retry. Null where there are none.
ALTER TABLE "task" ADD COLUMN "earlier_results" JSONB;
