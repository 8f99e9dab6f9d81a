-- Why an entry is no plain copy of what the provider reported, and the tier of its service that was billed.
ALTER TABLE "ledger_entry" ADD COLUMN "limitation" TEXT, ADD COLUMN "service_tier" TEXT;
