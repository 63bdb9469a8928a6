-- A key under which the platform asked for a change of status is good once, for ever: also when there was nothing to
-- change, and so nothing to write into the timeline. Otherwise a late repetition could turn the status back.
CREATE TABLE "StatusChangeKey" (
    "transactionKey" VARCHAR(64) COLLATE "C" NOT NULL,
    "idempotencyKey" VARCHAR(512) NOT NULL,
    "usedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "StatusChangeKey_pkey" PRIMARY KEY ("transactionKey","idempotencyKey")
);

ALTER TABLE "StatusChangeKey" ADD CONSTRAINT "StatusChangeKey_transactionKey_fkey" FOREIGN KEY ("transactionKey") REFERENCES "Transaction"("key") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- So far they stood in the entries of the timeline, which keep them: entries are never changed.
INSERT INTO "StatusChangeKey" ("transactionKey", "idempotencyKey", "usedAt")
SELECT "transactionKey", "data" ->> 'idempotencyKey', "occurredAt" FROM "TimelineEntry" WHERE "data" ? 'idempotencyKey';

DROP INDEX "TimelineEntry_transactionKey_idempotencyKey_key";

-- As long as MAX_CLIENT_MESSAGE_ID_LENGTH lets them be. It writes no row anew.
ALTER TABLE "Message" ALTER COLUMN "clientMessageId" TYPE VARCHAR(512);
